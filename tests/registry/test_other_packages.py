"""A package outside the toolkit brings a loader and a flash method by entry point; nothing of ours is edited."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit import flash, registry
from toolkit.data import loaders
from toolkit.errors import BoardError, TinymlError

LOADER = '''
"""Reads .one: one byte a sample."""
import numpy as np
from toolkit.data.loaders import Loaded

def suits(path):
    return path.suffix == ".one"

def load(path, wanted):
    return Loaded((np.frombuffer(path.read_bytes(), np.uint8)[:, None],))
'''

FLASHER = '''
"""Uploads by writing the image into a file: a probe that nobody has."""
from pathlib import Path
from toolkit.flash.base import Step
from toolkit.toml import Table, Word

class Settings(Table, frozen=True, kw_only=True):
    probe: Word

def suits(board, build):
    return isinstance(board.flash.settings, Settings)

def tools():
    return ()

def flash(board, build, port, progress, *, lister):
    progress(Step(f"writing with {board.flash.settings.probe}"))
    Path(port).write_bytes(build.read_image())
    return port
'''

ENTRIES = """\
[tinyml.loaders]
one_byte = their_tinyml.one_byte

[tinyml.flashers]
file_probe = their_tinyml.file_probe
broken = their_tinyml.nothing
empty = their_tinyml
samba = their_tinyml
"""

BOARD = """\
name = "With a probe"
standing = "by fakes only"
mcu = { part = "X", cpu = "cortex-m3", clock_hz = 1 }
memory = { flash = { start = 0, size = 1024 }, ram = { start = 0x2000_0000, size = 1024 } }
[[toolchain]]
builder = "arm_gcc"
framework = "bare"
port = "mps2"
runtimes = ["aot"]
[flash]
method = "file_probe"
settings = { probe = "j1" }
"""


@pytest.fixture(name="package")
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the search path, as pip would leave it."""
    place = tmp_path / "site"
    (place / "their_tinyml").mkdir(parents=True)
    for name, text in (("__init__", ""), ("one_byte", LOADER), ("file_probe", FLASHER)):
        (place / "their_tinyml" / f"{name}.py").write_text(text)
    info = place / "their_tinyml-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-tinyml\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(place))
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.startswith("their_tinyml")]:
        monkeypatch.delitem(sys.modules, name)
    return place


def test_a_loader_of_another_package_reads_its_files(package: Path, tmp_path: Path) -> None:
    (tmp_path / "three.one").write_bytes(b"\1\2\3")
    found = loaders.load(tmp_path / "three.one")
    assert found.inputs[0].tolist() == [[1], [2], [3]]
    assert "one_byte" in registry.names(registry.LOADERS)


def test_a_flash_method_of_another_package_is_a_boards_own(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "probed.toml"
    path.write_text(BOARD)
    board = boards.parse(path)
    assert flash.methods(board) == ("file_probe",)  # and the broken one hurts no other
    assert flash.tools("file-probe") == ()
    path.write_text(BOARD.replace("probe =", "sonde ="))
    with pytest.raises(BoardError, match=r"probed\.toml: flash\.settings\.sonde is not a known key"):
        boards.parse(path)


def test_it_uploads(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.nano33.fakes import build_of

    monkeypatch.setattr(flash, "confirm", lambda *_, **__: None)
    (tmp_path / "probed.toml").write_text(BOARD)
    (tmp_path / "image.bin").write_bytes(b"firmware")
    board = boards.parse(tmp_path / "probed.toml")
    said: list[str] = []
    upload = flash.load("file_probe")
    port = str(tmp_path / "written")
    done = upload(board, build_of(tmp_path / "image.bin"), port, lambda step: said.append(step.text), lister=lambda: ())
    assert (done, said, Path(port).read_bytes()) == (port, ["writing with j1"], b"firmware")


def test_a_broken_one_is_named_with_its_package(package: Path) -> None:
    with pytest.raises(TinymlError, match=r"flash method 'broken' of the package their-tinyml cannot be loaded"):
        registry.find(registry.FLASHERS, "broken")
    with pytest.raises(
        TinymlError, match=r"flash method 'empty' of the package their-tinyml is no module with 'flash'"
    ):
        registry.find(registry.FLASHERS, "empty")


def test_ours_is_not_replaced(package: Path) -> None:
    found = registry.find(registry.FLASHERS, "samba")
    assert found is not None and found.__name__ == "toolkit.flash.samba"


@pytest.mark.parametrize("room", [registry.BUILDERS, registry.FLASHERS, registry.EMULATORS, registry.ISAS])
def test_a_room_is_what_lies_in_it(room: registry.Room) -> None:
    for name in registry.names(room):
        assert hasattr(registry.load(room, name), room.mark)
    with pytest.raises(TinymlError, match=f"there is no {room.what} 'base'"):
        registry.load(room, "base")


def test_help_looks_into_no_room() -> None:
    code = "import sys; from typer.testing import CliRunner; from toolkit.cli.main import app\n"
    code += "CliRunner().invoke(app, ['--help']); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "msgspec", "toolkit.registry", "toolkit.board", "toolkit.zoo"} & set(loaded)
