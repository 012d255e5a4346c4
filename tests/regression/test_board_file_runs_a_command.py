"""`optimise = "-O2; touch X ;"` in a board file ran `touch`: a Makefile hands its variables to a shell."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from toolkit import board as boards
from toolkit import project, registry, resources, toml
from toolkit.artifacts import DType, ModelFile, sha256_of
from toolkit.errors import BoardError
from toolkit.toml import Table

HOST = (resources.boards() / "host.toml").read_text()
NANO = (resources.boards() / "nano33.toml").read_text()

# What a shell, make, YAML, an INI file, C, QEMU's list of options or another program's argv would take for something.
HOSTILE = (
    "-O2; touch X ;",
    "-O2 $(shell touch X)",
    "-O2 `touch X`",
    "-O2\n\ttouch X",
    "-O2 -fplugin=/tmp/x.so",
    "-O2 @file",
    "!touch X",
    "x|touch X",
    "x&touch X",
    "x #",
    "x\\",
    'x"; system("touch X"); "',
    "x,dumpdtb=/tmp/x",
    "../../etc",
    "--config=x",
    "${sysenv.HOME}",
    "\x1b[2J",
    "*/ int x; /*",
)


def _strings(kind: type[Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The way to every string of a table."""
    found: list[tuple[str, ...]] = []
    for field in msgspec.structs.fields(kind):
        inner = next((each for each in _parts(field.type) if isinstance(each, type) and issubclass(each, Table)), None)
        if inner is not None:
            found += _strings(inner, (*path, field.name))
        elif str in _parts(field.type):
            found.append((*path, field.name))
    return found


def _parts(kind: Any) -> list[Any]:
    return [kind, *(part for arm in get_args(kind) for part in _parts(arm))]


STRINGS = _strings(boards.BoardFile)
ROOMS = (registry.BUILDERS, registry.FLASHERS, registry.EMULATORS)
SETTINGS = {
    f"{room.what} {name}": kind
    for room in ROOMS
    for name in registry.names(room)
    if (kind := getattr(registry.find(room, name), "Settings", None)) is not None
}


def _with(path: tuple[str, ...], value: str, folder: Path) -> Path:
    """A board file that is right but for one string."""
    table = tomllib.loads(NANO)
    place: Any = table
    for key in path[:-1]:
        place = place.setdefault(key, [{}] if key == "other" else {})
        if isinstance(place, list):
            place = place[min(1, len(place) - 1)]  # the second toolchain has every key of a sketch
    former = place.get(path[-1])
    place[path[-1]] = [value] if isinstance(former, list) else value
    file = folder / "own.toml"
    file.write_text("\n".join(_toml(table)))
    return file


def _toml(table: dict[str, Any], prefix: str = "") -> list[str]:
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not _is_table(value)]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += [f"[{prefix}{key}]", *_toml(value, f"{prefix}{key}.")]
        elif _is_table(value):
            for each in value:
                lines += [f"[[{prefix}{key}]]", *_toml(each, f"{prefix}{key}.")]
    return lines


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def test_every_string_is_tried() -> None:
    assert ("toolchain", "optimise") in STRINGS and ("usb", "application") in STRINGS
    assert len(STRINGS) >= 15
    assert len(SETTINGS) >= 6


@pytest.mark.parametrize("path", STRINGS, ids=".".join)
def test_no_string_can_say_more_than_it_is_for(path: tuple[str, ...], tmp_path: Path) -> None:
    harmless = path in (("name",), ("note",))  # in comments and on the screen alone
    for value in HOSTILE:
        if harmless and value.isprintable() and "\\" not in value:
            continue
        with pytest.raises(BoardError) as caught:
            boards.parse(_with(path, value, tmp_path))
        assert path[-1] in caught.value.message and value.isprintable() == (value in caught.value.message)


@pytest.mark.parametrize("kind", SETTINGS.values(), ids=SETTINGS)
def test_no_setting_can_say_more_than_it_is_for(kind: type[Any]) -> None:
    for path in _strings(kind):
        for value in (*HOSTILE, "x\n"):
            with pytest.raises(BoardError) as caught:
                toml.convert({path[-1]: value}, kind, "own.toml", "settings")
            assert "own.toml: settings." in caught.value.message


@pytest.mark.parametrize("value", ["-O0", "-O2", "-Os", "-Og", "-Ofast", "-O", "-O2 -funroll-loops -finline-limit=200"])
def test_options_of_optimisation_are_taken(value: str, tmp_path: Path) -> None:
    assert boards.parse(_with(("toolchain", "optimise"), value, tmp_path)).toolchain[1].optimise == value


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quiet_ms", "quiet_ms = 1_000_000_000_000"),
        ("baud", f"baud = {10**400}"),
        ("clock_hz", f"clock_hz = {'9' * 5000}"),
        ("part", "part = " + "[" * 5000),
    ],
)
def test_numbers_that_would_hang_or_crash(old: str, new: str, tmp_path: Path) -> None:
    lines = [line for line in NANO.splitlines() if not line.startswith(f"{old} ")]
    table = "[serial]" if old in ("quiet_ms", "baud") else "[mcu]"
    at = next(place for place, line in enumerate(lines) if line.startswith(table))
    (tmp_path / "own.toml").write_text("\n".join([*lines[: at + 1], new, *lines[at + 1 :]]))
    with pytest.raises(BoardError) as caught:
        boards.parse(tmp_path / "own.toml")
    assert "own.toml" in caught.value.message and len(caught.value.message) < 200


@pytest.mark.parametrize("name", ["a b", "$(touch X)", "-x", 'x";', "a\nb"])
def test_a_file_whose_name_is_no_id(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.toml").write_text(HOST)
    with pytest.raises(BoardError, match="no name for a board file"):
        boards.parse(tmp_path / f"{name}.toml")


def test_one_bad_file_hurts_no_other_board(tmp_path: Path) -> None:
    (tmp_path / "boards").mkdir()
    for name, text in (("host", HOST), ("nano33", NANO), ("bad", "name ="), ("worse", HOST + "x = 1")):
        (tmp_path / "boards" / f"{name}.toml").write_text(text)
    found, refused = boards.survey(tmp_path)
    assert {board.id for board in found if board.path.parent == tmp_path / "boards"} == {"host", "nano33"}
    assert len(found) == len(boards.load_all())
    assert ["bad.toml" in refused[0].message, "worse.toml" in refused[1].message] == [True, True]
    assert boards.load("native", tmp_path).id == "host"  # an alias: every file is looked through
    with pytest.raises(BoardError, match=r"no board 'mine'; bad.toml is not valid TOML"):
        boards.load("mine", tmp_path)
    with pytest.raises(BoardError, match=r"^worse.toml"):
        boards.load("worse", tmp_path)


@pytest.mark.parametrize("name", ["x\nint evil;", "x\\", "\x1b[2Jx", "x\udcff"])
def test_the_name_of_a_model_stays_in_its_comment(name: str, tmp_path: Path) -> None:
    """The sketch names the model in a comment, and a line break in the name ended it."""
    tflite = resources.models() / "cnn-2-2" / "cnn-2-2_int8.tflite"
    board = boards.load("uno")
    model = ModelFile(name, tflite, DType.INT8, sha256_of(tflite.read_bytes()), 1)
    values = {"board": board, "cpu": board.cpu, "runtime": "aot", "model": model, "optimise": "-Os"}
    values |= {"version": "1", "strict": True, "model_sha256_bytes": "0", "build_id": "", "build_id_bytes": "0"}
    rendered = project._rendered(board, board.toolchain[0], values)
    sketch = rendered["sketch.ino"].decode().splitlines()
    assert sketch[0].startswith("// Generated by tinyml") and sketch[1].startswith("// All of it")
    assert not any("evil" in line for line in sketch[1:])
    assert sketch[0].isprintable() and "\\" not in sketch[0]
