"""The kernels' files as an export has them: their symbols carry the version of their source, and they are weak.

So two libraries that were exported apart can be linked into one program. Where they have the same kernels, the linker
keeps one of each; where the kernels of one are newer, each library has its own.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from toolkit import resources

_OURS = re.compile(r"\baot_(?!\w+\.[ch]\b)(?=\w)")
_PLAIN = re.compile(r"^(?!static|typedef|return|AOT_)\w[\w \t*]*?[ *](aot_\w+)\([^;{}]*\)\s*\{", re.MULTILINE)
_NAMED = re.compile(r"^\w[\w \t*]*?[ *]AOT_NAMED\((aot_\w+)\)\([^;{}]*\)\s*\{", re.MULTILINE)
_NAMES = re.compile(r"#define AOT_NAMED\(name\) name##(\w+)")
_MACRO = re.compile(r"^[A-Z]\w+\((aot_\w+)[,)]", re.MULTILINE)
_INCLUDED = re.compile(r'#include "(aot_\w+_element\.h)"')


@functools.cache
def version() -> str:
    """8 hex digits over all kernels."""
    digest = hashlib.sha256()
    for name, path in sorted(resources.kernels().items()):
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def renamed(text: str) -> str:
    """C text with the version in every name that is a kernel's; names of files stay."""
    return _OURS.sub(f"aot_{version()}_", text)


def functions(file: str) -> tuple[str, ...]:
    """The functions that a kernel's .c file gives others, by their own names."""
    text = _without_comments(file)
    found = [*_PLAIN.findall(text), *_MACRO.findall(text)]
    named = _NAMES.search(text)
    if named:
        shared = "".join(_without_comments(each) for each in _INCLUDED.findall(text))
        found += [name + named[1] for name in _NAMED.findall(text + shared)]
    return tuple(sorted(set(found)))


def _without_comments(file: str) -> str:
    text = resources.kernels()[file].read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def files(wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """File name -> text.

    Args:
        wanted: names of files in firmware/kernels, each with the preprocessor's condition under which it is needed;
            "" is always.
    """
    for name, condition in sorted(wanted):
        text = renamed(resources.kernels()[name].read_text(encoding="utf-8"))
        yield name, text if name.endswith(".h") else _source(name, text, condition)


def _source(name: str, text: str, condition: str) -> str:
    weak = "\n".join(renamed(f"#pragma weak {function}") for function in functions(name))
    whole = f"/* Another library may have the same kernels: one is kept. */\n#ifndef _WIN32\n{weak}\n#endif\n\n{text}"
    if not condition:
        return whole
    nothing = f"typedef int {renamed('aot_' + name.removesuffix('.c').removeprefix('aot_'))}_is_for_other_cores;"
    return f'#include "aot_target.h"\n#if {condition}\n{whole}#else\n{nothing}\n#endif\n'


def condition(sets: Sequence[str], cores: Iterable[tuple[str, bool]], macro: str = "AOT") -> str:
    """Which cores these are, for the preprocessor; "" is all of them.

    Args:
        sets: the names of the instruction sets, as `MACRO_SET` counts them.
        cores: (instruction set, with floating point in hardware).
    """
    given = set(cores)
    parts = []
    for place, name in enumerate(sets):
        fpu = [each for each in (True, False) if (name, each) in given]
        if len(fpu) == 2:
            parts.append(f"{macro}_SET == {place}")
        elif fpu:
            parts.append(f"({macro}_SET == {place} && {'' if fpu[0] else '!'}{macro}_FPU)")
    return "" if len(given) == 2 * len(sets) else " || ".join(parts)
