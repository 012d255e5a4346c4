"""Files that a user writes in TOML -> frozen tables, each error one line that names the file and the key.

A table is a `Table`: its fields are the keys, and a string says by its type what it may hold (below). Most strings
reach a Makefile, a shell, C source or another program's options, and must not be able to say anything else there.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import types
import typing
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from toolkit.errors import BoardError, TinymlError


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table; a key that it has no field for is an error."""


def _form(pattern: str, words: str) -> Meta:
    """What a string may be: `$` alone would let a line break pass at the end."""
    return Meta(pattern=rf"^(?:{pattern})$(?!\n)", description=words)


Word = Annotated[str, _form(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", "a word of letters, digits and _ . + -")]
Module = Annotated[str, _form(r"[a-z][a-z0-9_]*", "a name of small letters, digits and _")]
Text = Annotated[
    str,
    _form(r"[^\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*", "one line of text without a backslash"),
]
Pinned = Annotated[
    str,
    _form(
        r"[A-Za-z0-9][A-Za-z0-9_.:/ -]*(@[A-Za-z0-9_.+-]+| \([A-Za-z0-9_.+-]+\)|\.git#[A-Za-z0-9_.-]+)?",
        'a name and a version, such as "arduino:avr@1.8.6"',
    ),
]
Header = Annotated[
    str, _form(r"([A-Za-z0-9_+-]+/)*[A-Za-z0-9_+.-]+\.h(pp)?", "the name of a header, such as Arduino_Library.h")
]
Script = Annotated[
    str, _form(r"([A-Za-z0-9_+-]+/)*[A-Za-z0-9_+-]+\.cfg", "a script of OpenOCD, such as board/st_nucleo_f4.cfg")
]
Optimise = Annotated[
    str,
    _form(
        r"-O([0-3sgz]|fast)?( -f[a-z0-9-]+(=[0-9]+)?)*",
        'GCC\'s option of optimisation, such as "-O2", and options that begin with -f',
    ),
]
GccFlag = Annotated[
    str, _form(r"-(mcpu|mthumb|mfpu|mfloat-abi|mmcu|march|mabi|mtune|f)[a-z0-9=_.+-]*", "GCC's option for a core")
]
Url = Annotated[str, _form(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9_.-]+)+", "an address that begins with https://")]
IniLine = Annotated[
    str,
    _form(r"[a-z][a-z0-9_.]* = [A-Za-z0-9_.:/+-]+", 'a key and a word: "board_build.core = earlephilhower"'),
]
Fqbn = Annotated[str, _form(r"[A-Za-z0-9_.-]+(:[A-Za-z0-9_.=,-]+){2,3}", 'such as "arduino:avr:uno"')]
UsbId = Annotated[str, _form(r"[0-9a-f]{4}:[0-9a-f]{4}", 'such as "2341:805a", in small letters')]
UsbText = Annotated[
    str, _form(r"([A-Za-z0-9][A-Za-z0-9 _.,()+-]{0,30})?", "at most 31 letters, digits, spaces and _.,()+-")
]

Count = Annotated[int, Meta(ge=0, le=2**40)]
Size = Annotated[int, Meta(ge=1, le=2**40)]
Address = Annotated[int, Meta(ge=0, le=2**40)]

T = TypeVar("T")


def read(path: Path, error: type[TinymlError] = BoardError) -> dict[str, Any]:
    """A file's tables.

    Raises:
        TinymlError: `error`; the message names the file.
    """
    try:
        if path.exists() and not path.is_file():
            raise error(f"{path.name} is no ordinary file", "it is to be one TOML file")
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as caught:  # not UTF-8; a path that no file can have
        raise error(f"{path.name} cannot be read: {caught}", "check the file") from caught
    return loads(text, path.name, error)


def loads(text: str, name: str, error: type[TinymlError] = BoardError) -> dict[str, Any]:
    """The tables of a file's text.

    Raises:
        TinymlError: `error`; the message names the file and the line.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as caught:  # of a number with thousands of digits, of brackets a thousand deep
        said = str(caught).splitlines()[0]
        raise error(f"{name} is not valid TOML: {said}", "mend the line that it names") from caught


def convert(table: Any, kind: type[T], file: str, under: str = "", error: type[TinymlError] = BoardError) -> T:
    """A table as `kind`.

    Args:
        table: as tomllib gives it.
        file: the name of the file, for the message.
        under: where in the file it stands, such as "toolchain[0].settings"; empty for the whole.

    Raises:
        TinymlError: `error`: an unknown or missing key, or a bad value; the message names file and key.
    """
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as caught:
        message, hint = _in_words(str(caught), table, kind, file, under)
        raise error(message, hint) from None


_KINDS = {
    "str": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list, [ ... ]",
    "object": "a table",
}
_STEP = re.compile(r"\.?([A-Za-z0-9_]+)|\[(\d+)\]")


def _in_words(said: str, table: Any, kind: Any, file: str, under: str) -> tuple[str, str]:
    """msgspec's message -> ours, and a hint."""
    said, _, path = said.partition(" - at `$")
    path = path.removesuffix("`").removeprefix(".")
    keys: list[str | int] = [int(place) if place else key for key, place in _STEP.findall(path)]
    name = ".".join(part for part in (under, path) if part).replace(".[", "[")
    if lacking := re.fullmatch(r"Object (missing required|contains unknown) field `(.*)`", said, re.DOTALL):
        key = f"{file}: {name + '.' if name else ''}{lacking[2]:.60}"
        if lacking[1] == "missing required":
            return f"{key} is missing", _known(kind, keys, lacking[2])
        return f"{key!s} is not a known key".encode("unicode_escape").decode(), _known(kind, keys, lacking[2])
    where = f"{file}: {name}" if name else file
    value = _value(table, keys)
    if said.startswith("Expected `array` of length"):
        return f"{where} is empty", "name at least one"
    if said.startswith(("Expected `array`", "Expected `array | null`")):
        return f"{where} must be a list", "write it as [ ... ]"
    if said.startswith("Expected `object"):
        return f"{where} must be a table", f"write it as [{name}]"
    if said.startswith(("Invalid enum value", "Expected `str` matching")):
        return f"{where} is {value!r:.80}", f"it must be {_wanted(kind, keys)}"
    if limit := re.fullmatch(r"Expected `(int|float)` (<=|>=) (-?[\d.]+)", said):
        low, most = limit[2] == ">=", f"{float(limit[3]):,.15g}"
        whole = "a whole number" if limit[1] == "int" else "a number"
        return f"{where} must not be {'less' if low else 'more'} than {most}", f"{whole}, without quotes"
    if "out of range" in said:
        return f"{where} is out of range", "a smaller number"
    if said.startswith("Expected `int"):
        return f"{where} must be a whole number, not {value!r:.60}", "without quotes"
    if said.startswith("Expected `float"):
        return f"{where} must be a number, not {value!r:.60}", "without quotes"
    kinds = re.match(r"Expected `([a-z]+)( \| [a-z]+)*`", said)
    wanted = _KINDS.get(kinds[1], kinds[1]) if kinds else said.splitlines()[0]
    return f"{where} is {value!r:.60}", f"it must be {wanted}"


def _value(table: Any, keys: list[str | int]) -> Any:
    for key in keys:
        try:
            table = table[key]
        except (KeyError, IndexError, TypeError):
            return None
    return table


def _field(kind: Any, keys: list[str | int]) -> Any:
    """The type of what stands under these keys."""
    for key in keys:
        kind = _plain(kind)
        if typing.get_origin(kind) is Annotated:
            kind = _plain(typing.get_args(kind)[0])
        if isinstance(key, int):
            kind = typing.get_args(kind)[0]  # a list's items
        else:
            kind = typing.get_type_hints(kind, include_extras=True)[key]
    return _plain(kind)


def _plain(kind: Any) -> Any:
    """The same without its None."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(arm for arm in typing.get_args(kind) if arm is not type(None))
    return kind


def _known(kind: Any, keys: list[str | int], asked: str) -> str:
    known = [each.encode_name for each in msgspec.structs.fields(_field(kind, keys))]
    near = difflib.get_close_matches(asked[:60], known, 1)
    meant = f"is {near[0]} meant? " if near else ""
    return f"{meant}known here: {', '.join(known) or 'nothing'}"


def _wanted(kind: Any, keys: list[str | int]) -> str:
    kind = _field(kind, keys)
    if typing.get_origin(kind) is Annotated:
        return next((str(arm.description) for arm in typing.get_args(kind) if isinstance(arm, Meta)), "otherwise")
    if typing.get_origin(kind) is typing.Literal:
        return f"one of: {', '.join(map(str, typing.get_args(kind)))}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of: {', '.join(str(member.value) for member in kind)}"
    return "otherwise"
