"""The worked examples of CONTRIBUTING.md: just the files that each lists are made from its text, and they work."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.compiler.graphs import Graph
from tests.nano33.fakes import build_of
from toolkit import board as boards
from toolkit import flash, registry
from toolkit.data import loaders

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLES = ("A board", "A port", "A flasher", "A loader", "An instruction set", "An operator")
# What of the repository an example may touch; the models are only read.
PARTS = ("boards", "docs", "firmware", "templates", "toolkit")

_LIST = re.compile(r"^Files, in (?P<where>[^:]+):\n\n(?P<files>(?:- `[^`]+`: .+\n)+)", re.MULTILINE)
_BLOCK = re.compile(r"^`(?P<path>[^`]+)`\n\n```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

COMPUTE = """
import sys
from pathlib import Path
import numpy as np
from tests.compiler import engine
from toolkit.compiler import compile_model
tflite = Path(sys.argv[1]).read_bytes()
model = compile_model(tflite, isa=sys.argv[2], fpu=True)
inputs = engine.random_inputs(model, 16, 0)
np.testing.assert_array_equal(engine.run(model, inputs), engine.reference(tflite, inputs))
print(*sorted(model.kernels))
"""


@dataclass(frozen=True)
class Example:
    """A section of the page.

    Attributes:
        where: "this repository", or a place of the reader's.
        listed: the files that it says it touches.
        blocks: path, language and text of each block of code.
    """

    where: str
    listed: tuple[str, ...]
    blocks: tuple[tuple[str, str, str], ...]


def _example(title: str) -> Example:
    _, _, rest = TEXT.partition(f"\n### {title}\n")
    section = re.split(r"^#{2,3} ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    found = _LIST.search(section)
    assert found, f"{title} has no list of files"
    listed = tuple(re.findall(r"^- `([^`]+)`", found["files"], re.MULTILINE))
    return Example(found["where"], listed, tuple((m[1], m[2], m[3]) for m in _BLOCK.finditer(section)))


def _changed(text: str, diff: str) -> str:
    """`text` with the lines of `diff` put where its unmarked and its removed ones stand together, once."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    assert text.count(old) == 1, f"there is not one place for:\n{diff}"
    return text.replace(old, "".join(line[1:] for line in lines if line[0] in " +"))


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _made(title: str, place: Path) -> Path:
    """The example's files in `place`, or in a copy of the repository there; they are those that it lists."""
    example = _example(title)
    place.mkdir()
    if example.where == "this repository":
        for part in PARTS:
            shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__", "images"))
        (place / "models").symlink_to(ROOT / "models")
    before = _hashes(place)
    for name, language, text in example.blocks:
        path = place / name
        assert path.exists() == (language == "diff"), f"{name}: a file that is there is changed by a diff"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_changed(path.read_text(), text) if language == "diff" else text)
    after = _hashes(place)
    touched = {name for name in before | after if before.get(name) != after.get(name)}
    assert touched == set(example.listed)
    return place


def _of(place: Path) -> dict[str, str]:
    """The environment in which the toolkit is that of `place`, and the tests are these."""
    return {"PYTHONPATH": os.pathsep.join([str(place), str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}


def _python(place: Path, code: str, *arguments: str) -> list[str]:
    """The words that the code prints where the toolkit is that of `place`."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=place,  # Python looks there first
        env={**os.environ, **_of(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def _computes(place: Path, tflite: bytes, isa: str) -> list[str]:
    """Compiles with the toolkit of `place`; its outputs equal the official interpreter's; the kernels' files."""
    path = place.parent / "model.tflite"
    path.write_bytes(tflite)
    return _python(place, COMPUTE, str(path), isa)


@pytest.fixture(name="installed")
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """An example's package on the search path, with the entry points of its pyproject.toml as pip leaves them."""
    place = _made(request.param, tmp_path / "theirs")
    project = tomllib.loads((place / "pyproject.toml").read_text())["project"]
    info = place / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {module}\n" for name, module in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups))
    monkeypatch.syspath_prepend(str(place))
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.partition(".")[0] == "their_tinyml"]:
        monkeypatch.delitem(sys.modules, name)
    return place


def test_every_example_is_tried() -> None:
    worked = TEXT.partition("\n## Worked examples\n")[2]
    assert tuple(re.findall(r"^### (.+)$", worked, re.MULTILINE)) == EXAMPLES


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_lists_its_files_once_and_shows_each(title: str) -> None:
    example = _example(title)
    assert list(example.listed) == [path for path, _, _ in example.blocks]


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="needs arm-none-eabi-gcc")
def test_a_board(tmp_path: Path) -> None:
    """It builds; that such a board boots and is proven, tests/boards/test_foreign_board.py shows."""
    place = _made("A board", tmp_path / "mine")
    done = tinyml("build", "-b", "desk", "-m", "cnn-2-2", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    built = json.loads(done.stdout)
    assert (built["board"], Path(built["image"]).is_relative_to(place)) == ("desk", True)


def test_a_port(tmp_path: Path) -> None:
    place = _made("A port", tmp_path / "repository")
    asked = ("run", "-b", "socket", "-m", "cnn-2-2", "--emulate", "--limit", "100", "--json")
    done = tinyml(*asked, "-C", str(tmp_path / "work"), cwd=place, env=_of(place))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "proven"


@pytest.mark.parametrize("installed", ["A flasher"], indirect=True)
def test_a_flasher(installed: Path, tmp_path: Path) -> None:
    board_file = installed / "boards" / "stick.toml"
    drive, image = tmp_path / "drive", tmp_path / "image.bin"
    drive.mkdir()
    image.write_bytes(b"firmware")
    board_file.write_text(board_file.read_text().replace("/media/me/STICK", str(drive)))
    board = boards.load("stick", installed)
    assert flash.methods(board) == ("drive",)
    steps: list[str] = []
    upload = registry.load(registry.FLASHERS, "drive").flash
    port = upload(board, build_of(image), "/dev/ttyACM7", lambda step: steps.append(step.text), lister=lambda: ())
    assert (port, (drive / "image.bin").read_bytes(), set(steps)) == ("/dev/ttyACM7", b"firmware", {"copying"})


@pytest.mark.parametrize("installed", ["A loader"], indirect=True)
def test_a_loader(installed: Path, tmp_path: Path) -> None:
    path = tmp_path / "gestures.rows"
    path.write_text("0.5 -1 2\n0 0.25 1\n")
    found = loaders.load(path)
    assert found.inputs[0].tolist() == [[0.5, -1.0], [0.0, 0.25]]
    assert found.truth is not None and found.truth.tolist() == [2, 1]


def test_an_instruction_set(tmp_path: Path) -> None:
    place = _made("An instruction set", tmp_path / "repository")
    rng = np.random.default_rng(0)
    for inputs, kernel in ((10, "aot_dense_pairs_s8.h"), (9, "aot_dense_s8.c")):
        g = Graph()
        source, output = g.tensor((1, inputs), "int8", 0.02, 3), g.tensor((1, 7), "int8", 0.05, -5)
        weights = g.tensor((7, inputs), "int8", 0.01, data=rng.integers(-127, 128, (7, inputs)))
        bias = g.tensor((7,), "int32", 0.02 * 0.01, data=rng.integers(-500, 500, 7))
        g.operator("FULLY_CONNECTED", [source, weights, bias], [output], "FullyConnectedOptions")
        assert kernel in _computes(place, g.file(source, output), "pairs")
    code = "from toolkit import cpu; print(cpu.load('pairs').isa)"
    assert _python(place, code) == ["pairs"]


def test_an_operator(tmp_path: Path) -> None:
    place = _made("An operator", tmp_path / "repository")
    g = Graph()
    source, output = g.tensor((1, 3, 5), "float32"), g.tensor((1, 3, 5), "float32")
    g.operator("FLOOR", [source], [output])
    assert "aot_map_f32.c" in _computes(place, g.file(source, output), "native")
