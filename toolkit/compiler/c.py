"""C text: constants, struct initialisers, and the names of kernel files."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import resources
from toolkit.compiler import structs
from toolkit.errors import ModelError

_LINE = 100
TYPES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "float32": "float",
}
_INCLUDE = re.compile(r'^#include "(aot_\w+\.h)"', re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Constant:
    """A constant array in flash; with `kind`, an array of that struct, one text of `rows` for each row of `values`.

    `same_as` names one that is defined before it and holds the same: then it is another name of that one.
    """

    name: str
    values: NDArray[Any]
    kind: str = ""
    rows: tuple[str, ...] = ()
    same_as: str = ""

    @property
    def bytes(self) -> int:
        """Bytes in flash."""
        return 0 if self.same_as else int(self.values.nbytes)


def number(value: Any) -> str:
    """One element as a C literal; a float32 keeps every bit."""
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            raise ModelError("the model holds a weight that is not a finite number", "train it again")
        text = f"{np.float32(value):.9g}"
        return (text if re.search(r"[.e]", text) else text + ".0") + "f"
    whole = int(value)
    return "INT32_MIN" if whole == -(1 << 31) else str(whole)


def define(constant: Constant) -> str:
    """The definition of a constant array."""
    if constant.same_as:
        return f"#define {constant.name} {constant.same_as}\n"
    kind = constant.kind or TYPES[str(constant.values.dtype)]
    if constant.kind:
        rows = constant.rows or tuple(", ".join(map(number, row)) for row in constant.values)
        pieces = [f" {{{row}}}," for row in rows]
    else:
        pieces = [f" {number(value)}," for value in constant.values.reshape(-1)]
    lines, line = [], "   "
    for piece in pieces:
        if len(line) + len(piece) > _LINE:
            lines.append(line)
            line = "   "
        line += piece
    lines.append(line)
    return f"static const {kind} {constant.name}[{len(pieces)}] AOT_CONST = {{\n" + "\n".join(lines) + "\n};\n"


def initialiser(fields: Mapping[str, Any]) -> str:
    """A designated initialiser; nested mappings are nested structs, strings stand as they are."""
    parts = []
    for name, value in fields.items():
        text = initialiser(value) if isinstance(value, Mapping) else value if isinstance(value, str) else number(value)
        parts.append(f".{name} = {text}")
    return "{" + ", ".join(parts) + "}"


def structure(kind: str, name: str, fields: Mapping[str, Any]) -> str:
    """The definition of a parameter struct.

    Raises:
        ModelError: a number is too large for its member.
    """
    structs.check(kind, name, fields)
    return f"static const {kind} {name} AOT_CONST = {initialiser(fields)};\n"


@functools.cache
def _included(file: str) -> tuple[str, ...]:
    text = resources.kernels()[file].read_text(encoding="utf-8")
    return tuple(_INCLUDE.findall(text))


def with_headers(files: Iterable[str]) -> tuple[str, ...]:
    """The kernel files and every kernel header that they include, sorted."""
    found: set[str] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _included(file)
    return tuple(sorted(found))
