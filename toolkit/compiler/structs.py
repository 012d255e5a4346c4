"""The kernels' parameter structs as their headers have them: what each member can hold.

A number that does not fit its member would not compile, or be another one on the device. So every number is held
against the C itself before it is written.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolkit import resources
from toolkit.errors import ModelError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRUCT = re.compile(r"typedef struct \{([^{}]*)\}\s*(\w+);")
_MEMBERS = re.compile(r"(\w+)\s+([^;(){}]+);")
_LIMITS = {
    f"{sign}int{bits}_t": (0, (1 << bits) - 1) if sign else (-(1 << bits - 1), (1 << bits - 1) - 1)
    for sign in ("", "u")
    for bits in (8, 16, 32)
}


@functools.cache
def members() -> Mapping[str, Mapping[str, str]]:
    """By struct: the type of each member that is a number, an array of numbers, or a struct of these."""
    found: dict[str, dict[str, str]] = {}
    for path in (path for path in resources.kernels().values() if path.suffix == ".h"):
        text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        for body, name in _STRUCT.findall(text):
            found[name] = {
                declared.split("[")[0].strip(): kind
                for kind, listed in _MEMBERS.findall(body)
                for declared in listed.split(",")
                if "*" not in declared
            }
    return found


def check(kind: str, name: str, fields: Mapping[str, Any]) -> None:
    """Hold the fields of a struct against what its members can hold.

    Raises:
        KeyError: there is no such struct, or no such member.
        ModelError: a number is too large for its member; it is named.
    """
    for field, value in fields.items():
        member = members()[kind].get(field)
        if member is None:
            continue
        if isinstance(value, Mapping):
            check(member, f"{name}.{field}", value)
            continue
        for number in _numbers(value):
            low, high = _LIMITS.get(member, (number, number))
            if not low <= number <= high:
                raise ModelError(
                    f"the network is too large for its kernel: {name}.{field} is {number}, not {low} to {high}",
                    "see docs/compiler.md for the limits of each operator",
                )


def _numbers(value: Any) -> Iterator[int]:
    """The whole numbers of a field: it is one, or the initialiser of an array of them, or something else."""
    if isinstance(value, str):
        if value.startswith("{"):
            yield from (int(each) for each in value.strip("{}").split(","))
    elif not isinstance(value, float):
        yield int(value)
