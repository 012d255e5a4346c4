"""The architecture's rules, read from the code's own imports."""

from __future__ import annotations

import ast
import functools
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "toolkit"

# A room imports those below it. From the bottom:
FLOOR = {"__init__", "errors", "files", "selection", "toml"}
ARTIFACTS = {"artifacts"}
# What several stages stand on. The data sets and the zoo's architectures are among them: training, conversion and the
# paper's tables all need both, and neither needs any stage.
SHARED = {
    "board",
    "board_import",
    "board_schema",
    "cpu",
    "data",
    "gates",
    "link",
    "lock",
    "process",
    "project_schema",
    "projectfile",
    "quiet_tensorflow",
    "registry",
    "resources",
    "statistics",
    "tflite",
    "zoo",
}
STAGES = {
    "build",
    "compiler",
    "convert",
    "emulate",
    "export",
    "flash",
    "project",
    "reference",
    "report",
    "train",
    "verify",
}
# These put stages together, which know nothing of each other.
COMPOSERS = {"comparison", "listener", "models", "runtimes", "steps", "strength", "verdicts", "workloads", "workspace"}
TIERS = (
    FLOOR,
    ARTIFACTS,
    SHARED,
    STAGES,
    COMPOSERS,
    {"device"},
    {"api", "closely", "taken_home"},
    {"frontier", "paper", "smallest"},
    {"cli"},
)

HEAVY = {"tensorflow", "keras", "tf_keras", "tensorflow_model_optimization"}
# The reference and the format's schema only where LiteRT is not installed (Windows).
MAY_USE_TENSORFLOW = {"convert", "paper", "reference", "tflite", "train", "zoo"}
ENDS = ("print", "sys.exit", "exit", "os._exit")


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@functools.cache
def _imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """(module, at the top level of the file) for every import, relative ones excluded by house style."""
    return tuple(_found(path))


def _found(path: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "toolkit" else [module]
            for name in names:
                yield name, id(node) not in inside


FILES = sorted(PACKAGE.rglob("*.py"))


def _tier(room: str) -> int:
    return next((place for place, rooms in enumerate(TIERS) if room in rooms), len(TIERS))


def _rooms(path: Path) -> Iterator[str]:
    """The rooms of the toolkit that a file imports, its own left out."""
    for module, _ in _imports(path):
        parts = module.split(".")
        if parts[0] == "toolkit" and len(parts) > 1 and not (path.is_relative_to(PACKAGE) and parts[1] == _room(path)):
            yield parts[1]


def _at(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 30


def test_every_room_has_its_place() -> None:
    known = set().union(*TIERS)
    assert {_room(path) for path in FILES} == known
    assert sum(len(rooms) for rooms in TIERS) == len(known)


def test_imports_run_one_way() -> None:
    assert [
        f"{_at(path)} must not import {other}"
        for path in FILES
        for other in _rooms(path)
        if other != "__version__" and _tier(other) > _tier(_room(path))
    ] == []


def test_no_stage_imports_another_stage() -> None:
    assert [
        f"{_at(path)} must not import {other}"
        for path in FILES
        if _room(path) in STAGES
        for other in _rooms(path)
        if other in STAGES
    ] == []


def test_nobody_takes_the_command_line_for_a_library() -> None:
    others = (path for folder in ("bench", "examples", "toolkit") for path in sorted((ROOT / folder).rglob("*.py")))
    assert [_at(path) for path in others if "cli" in _rooms(path)] == []


def test_tensorflow_is_imported_only_inside_functions() -> None:
    assert [
        f"{_at(path)}: {module}"  # at the top of a file it makes every command slow
        for path in FILES
        for module, top_level in _imports(path)
        if module.split(".")[0] in HEAVY and (top_level or _room(path) not in MAY_USE_TENSORFLOW)
    ] == []


def test_only_the_command_line_prints_or_exits() -> None:
    assert [
        f"{_at(path)}:{node.lineno}: {ast.unparse(node.func)}"
        for path in FILES
        if _room(path) != "cli" and path.name != "__main__.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ENDS
    ] == []


# What only the rooms of data, of the zoo and of the paper know: the size of an image of MNIST, its elements' largest
# value, and what is on it.
_NUMBERS = {"28", "784", "255"}
_WORDS = re.compile(r"\b(28|784|28x28|ten|digits?)\b", re.IGNORECASE)
_CHARACTERS = re.compile(r"hex digits|letters, digits|(number with|number of) thousands of digits")
_KNOW_DIGITS = ("data/", "zoo/", "paper/", "smallest/", "cli/paper", "cli/smallest")
# Bits and bytes of fixed-point arithmetic; USB's longest string; a column's width.
_OTHER_NUMBERS = ("compiler/", "reference/exact/", "emulate/nano33/usb_host.py", "cli/tables.py")


def _about_digits(path: Path) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        where = f"{path.name}:{token.start[0]}: {token.string}"
        if token.type == tokenize.NUMBER and token.string.removesuffix(".0") in _NUMBERS:
            if not str(path.relative_to(PACKAGE)).startswith(_OTHER_NUMBERS):
                yield where
        elif token.type == tokenize.NAME and "digit" in token.string.lower() and token.string != "isdigit":
            yield where
        elif tokenize.tok_name[token.type] in ("STRING", "COMMENT", "FSTRING_MIDDLE"):
            found = _WORDS.search(_CHARACTERS.sub("", token.string))
            if found is not None and not (
                found[0].isdigit() and str(path.relative_to(PACKAGE)).startswith("compiler/")
            ):
                yield where


def test_nobody_but_the_data_knows_digits() -> None:
    files = [path for path in FILES if not str(path.relative_to(PACKAGE)).startswith(_KNOW_DIGITS)]
    assert [found for path in files for found in _about_digits(path)] == []
    pages = [path for path in (PACKAGE.parent / "templates").rglob("*.j2") if _WORDS.search(path.read_text("utf-8"))]
    assert pages == []


def test_help_loads_neither_tensorflow_nor_numpy() -> None:
    code = (
        "import sys; sys.argv = ['tinyml', '--help']\n"
        "from toolkit.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'matplotlib', 'PIL', 'jinja2'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


_ASKS_FOR_AN_ISA = re.compile(
    r"""\.isa(\.\w+)*\s*(==|!=|(not )?in\b|\.startswith)|["'](armv6m|armv7em|armv8_1m_mve)["']"""
)


def test_instruction_sets_decide_in_their_own_files() -> None:
    """What differs from one to another is said in compiler/isa/, and asked for there."""
    others = [path for path in FILES if "isa" not in path.relative_to(PACKAGE).parts]
    assert [str(path) for path in others if _ASKS_FOR_AN_ISA.search(_code(path))] == []


def _code(path: Path) -> str:
    """A file without its docstrings and comments."""
    return ast.unparse(_without_docstrings(ast.parse(path.read_text(encoding="utf-8"))))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ] or [ast.Pass()]
    return tree
