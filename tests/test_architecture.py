"""The architecture's rules, read from the code's own imports."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "toolkit"
FOUNDATION = {"__init__", "__version__", "artifacts", "errors", "files", "selection", "statistics"}
# What several stages stand on. The data sets and the zoo's architectures are among them: training, conversion and the
# paper's tables all need both, and neither needs any stage.
SHARED = {
    "board",
    "cpu",
    "data",
    "link",
    "lock",
    "process",
    "quiet_tensorflow",
    "registry",
    "resources",
    "tflite",
    "toml",
    "zoo",
}
# These put stages together, as the command line does, for more callers than one.
COMPOSERS = {"api", "cli", "listener", "models", "paper", "runtimes", "steps", "verdicts", "workloads", "workspace"}
HEAVY = {"tensorflow", "keras", "tf_keras", "tensorflow_model_optimization"}
# The reference and the format's schema only where LiteRT is not installed (Windows).
MAY_USE_TENSORFLOW = {"convert", "paper", "reference", "tflite", "train", "zoo"}


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, at the top level of the file) for every import, relative ones excluded by house style."""
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


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    room = _room(path)
    for module, _ in _imports(path):
        parts = module.split(".")
        if parts[0] != "toolkit" or len(parts) == 1:
            continue
        other = parts[1]
        if other == room or room in COMPOSERS:
            continue
        if room in FOUNDATION:
            assert other in FOUNDATION, f"{room} must not import {other}"
        elif room in SHARED:
            assert other in FOUNDATION | SHARED, f"{room} must not import the stage {other}"
        else:
            assert other in FOUNDATION | SHARED, f"the stage {room} must not import the stage {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tensorflow_is_imported_only_inside_functions(path: Path) -> None:
    for module, top_level in _imports(path):
        if module.split(".")[0] in HEAVY:
            assert not top_level, f"{module} at the top of a file makes every command slow"
            assert _room(path) in MAY_USE_TENSORFLOW


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if _room(path) == "cli" or path.name == "__main__.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name not in ("print", "sys.exit", "exit", "os._exit"), f"line {node.lineno}: {name}"


# What only the rooms of data, of the zoo and of the paper know: the size of an image of MNIST, its elements' largest
# value, and what is on it.
_NUMBERS = {"28", "784", "255"}
_WORDS = re.compile(r"\b(28|784|28x28|ten|digits?)\b", re.IGNORECASE)
_CHARACTERS = re.compile(r"hex digits|letters, digits|(number with|number of) thousands of digits")
_KNOW_DIGITS = ("data/", "zoo/", "paper/", "cli/paper")
# Bits and bytes of fixed-point arithmetic; USB's longest string; the levels of eight bits; a column's width.
_OTHER_NUMBERS = ("compiler/", "emulate/nano33/usb_host.py", "compress.py", "cli/tables.py")


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


_ASKS_FOR_AN_ISA = re.compile(r"""\.isa\b[^\n]*(==|!=|\bin\b|startswith)|["'](armv6m|armv7em|armv8_1m_mve)["']""")


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
