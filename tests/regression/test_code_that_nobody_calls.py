"""A header that nothing included, five helpers that nothing called and a key of board files that nothing read."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit import toml

ROOT = Path(__file__).parents[2]
PRODUCT = ("firmware", "templates", "toolkit")
FROM_OUTSIDE = {"DebugVsnprintf", "__assert_func", "_GNU_SOURCE", "_XOPEN_SOURCE"}
"""Named by a C library, TensorFlow Lite Micro or a standard."""

SAID_ONLY = {"note", "aliases", "lacks"}
"""Keys of board files that a person reads, or that are asked for by another name."""

BY_NAME = {"toolkit.gates", "toolkit.projectfile"}
"""Modules whose keys are handed on by their names; tests/cli/test_project.py holds each to an option."""

FOR_USERS = {"kernel_folders", "__getattr__"}
"""Functions that the toolkit does not call itself: for tools that compile kernels."""

DEFINED = (
    re.compile(r"^[ ]*#\s*define\s+(\w+)", re.MULTILINE),
    re.compile(r"^(?!return|else|typedef)[A-Za-z_][\w \t*]*?[ *\n](?!AOT_NAMED)(\w+)\([^;{}]*\)\s*[{;]", re.MULTILINE),
    re.compile(r"^AOT_\w+\((aot_\w+),", re.MULTILINE),  # functions that a macro makes
    re.compile(r"^enum \{ (\w+) = ", re.MULTILINE),
)


def _text(path: Path) -> str:
    """A file without its comments."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    return re.sub(r"(?<!:)//.*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def _words(files: dict[Path, str]) -> Counter[str]:
    """How often each word stands anywhere; "\\n" in a string is no letter of the next one."""
    return Counter(word for text in files.values() for word in re.findall(r"\w+", text.replace("\\n", " ")))


def _files(*folders: str) -> dict[Path, str]:
    kinds = {".c", ".h", ".cc", ".S", ".s", ".py", ".j2", ".ld", ".ino"}
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.suffix in kinds)
    return {path: _text(path) for path in paths if "build" not in path.relative_to(ROOT).parts}


def _made_names(text: str) -> list[re.Pattern[str]]:
    """What a Python file may put together: f"aot_fill_{kind}(..." is any aot_fill_..."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            parts = [each.value if isinstance(each, ast.Constant) else "\0" for each in node.values]
            for name in re.findall(r"\baot_[\w\0]+", "".join(map(str, parts))):
                if "\0" in name:
                    found.append(re.compile(re.escape(name).replace("\0", r"\w*").replace("\\\0", r"\w*")))
    return found


@pytest.fixture(scope="module")
def product() -> dict[Path, str]:
    """Every source of the product; of the firmware without its comments."""
    return _files(*PRODUCT)


def test_every_function_and_macro_of_the_firmware_is_used(product: dict[Path, str]) -> None:
    made = [each for path, text in product.items() if path.suffix == ".py" for each in _made_names(text)]
    words = _words(product)
    defined: Counter[str] = Counter()
    for path, text in product.items():
        if path.suffix in (".c", ".h", ".cc"):
            for pattern in DEFINED:
                defined.update(pattern.findall(text))
    unused = {
        name
        for name, times in defined.items()
        if words[name] <= times
        and not name.endswith("_H")
        and name not in FROM_OUTSIDE
        and not any(each.fullmatch(name) for each in made)
    }
    assert unused == set()


def test_every_header_is_included(product: dict[Path, str]) -> None:
    everything = "\n".join(product.values())
    for path in product:
        if path.suffix == ".h":
            assert re.search(rf'["/]{re.escape(path.name)}"', everything), path.name


def _tables(kind: type[toml.Table]) -> list[type[toml.Table]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _tables(below))]


def test_every_key_of_a_board_file_is_read() -> None:
    python = "\n".join(_files("toolkit", "templates").values())
    boards.load_all()  # and with them the settings of each builder, uploader and emulator
    for table in _tables(toml.Table):
        for key in table.__struct_fields__:
            ours = table.__module__.startswith("toolkit.") and table.__module__ not in BY_NAME
            if ours and key not in SAID_ONLY:
                assert re.search(rf"\.{key}\b", python), f"{table.__module__}.{table.__name__}.{key}"


def test_every_function_of_the_toolkit_is_used_in_it() -> None:
    files = _files("toolkit", "templates", "bench", "scripts")
    words = _words(files)
    for path, text in files.items():
        if path.suffix != ".py" or "toolkit" not in path.parts:
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list:
                assert words[node.name] > 1 or node.name in FOR_USERS, f"{path.name}: {node.name}"
