"""A second board with the nRF52840 is one file in a folder of the user's: it builds, boots, is uploaded to, answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit import board as boards
from toolkit import resources
from toolkit.errors import BoardError

OTHER = """\
# Another maker's bootloader has the first 152 kB; it shows ids of its own.
name = "Some other board with an nRF52840"
standing = "a sister chip's emulator"

[mcu]
part = "nRF52840"
cpu = "cortex-m4f"
clock_hz = 64_000_000

[memory]
flash = { start = 0x2_6000, size = 815_104 }
ram = { start = 0x2000_2000, size = 253_952 }
stack = 4_096

[[toolchain]]
builder = "arm_gcc"
framework = "bare"
port = "nrf52840"
runtimes = ["aot"]

[emulator]
name = "nano33"

[usb]
application = ["239a:8029"]
bootloader = ["239a:0029"]
manufacturer = "Somebody else"
product = "Other board"
"""
NEEDS_TOOLS = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="needs arm-none-eabi-gcc")


def _named(folder: Path, text: str = OTHER, name: str = "other") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


@NEEDS_TOOLS
@pytest.mark.emulator
def test_a_board_file_in_a_foreign_folder_boots_and_is_proven(tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    path = _named(tmp_path / "elsewhere")
    folder = tmp_path / "workspace"
    built = tinyml("build", "--board", str(path), "--model", "cnn-2-2", "--json", "-C", str(folder))
    assert built.returncode == 0, built.stderr
    project = Path(json.loads(built.stdout)["project"])
    script = (project / "src" / "port" / "link.ld").read_text()
    assert "ORIGIN = 0x00026000, LENGTH = 815104" in script and "ORIGIN = 0x20002000, LENGTH = 253952" in script
    # The commands that follow name no file: the build knows whose it is.
    flashed = tinyml("flash", "--json", "-C", str(folder))
    try:
        assert flashed.returncode == 0, flashed.stderr
        log = Path(json.loads(flashed.stdout)["log"])
        (port,) = json.loads((log.with_name(f"{log.stem}-board") / "ports.json").read_text())["ports"]
        assert (port["vid"], port["pid"], port["product"]) == (0x239A, 0x8029, "Other board")
        verified = tinyml("verify", "--board", "other", "--limit", "20", "-C", str(folder))
        assert verified.returncode == 0, verified.stderr
    finally:
        assert tinyml("flash", "--stop", "-C", str(folder)).returncode == 0


@NEEDS_TOOLS
@pytest.mark.emulator
def test_it_is_uploaded_to_by_its_bootloader(tmp_path: Path) -> None:
    pytest.importorskip("unicorn")
    path = _named(tmp_path, OTHER + '[flash]\nmethod = "samba"\n')
    done = tinyml("run", "-b", str(path), "-m", "cnn-2-2", "--emulate", "--limit", "20", "-C", str(tmp_path / "w"))
    assert done.returncode == 0, done.stderr


def test_boards_are_looked_for_in_the_workspace_then_in_the_path_then_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, first, second = tmp_path / "mine", tmp_path / "first", tmp_path / "second"
    for folder, words in ((mine, "mine"), (first, "first"), (second, "second")):
        _named(folder / "boards", OTHER.replace("Some other", words))
    _named(second / "boards", OTHER, "only_second")
    _named(second / "boards", OTHER, "host")
    monkeypatch.setenv(resources.SEARCH_PATH, f"{first}:{second}:/nosuch")
    assert boards.load("other", mine).name.startswith("mine")
    assert boards.load("other").name.startswith("first")
    assert boards.load("only_second", mine).path.is_relative_to(second)
    assert boards.load("host").name.startswith("Some other")
    assert {board.id for board in boards.load_all(mine)} >= {"other", "only_second", "uno"}
    monkeypatch.delenv(resources.SEARCH_PATH)
    with pytest.raises(BoardError, match="no board 'other'"):
        boards.load("other")


def test_a_core_of_the_user_is_one_file(tmp_path: Path) -> None:
    cores = tmp_path / "boards" / "cpus"
    cores.mkdir(parents=True)
    (cores / "mine.toml").write_text('name = "M"\nisa = "armv7em"\nfpu = false\ngcc_flags = ["-mcpu=cortex-m4"]\n')
    path = _named(tmp_path, OTHER.replace("cortex-m4f", "mine"))
    assert boards.load(str(path), tmp_path).cpu.gcc_flags == ("-mcpu=cortex-m4",)
    with pytest.raises(BoardError, match=r"other\.toml: mcu\.cpu is 'mine'"):
        boards.load(str(path))
    (cores / "mine.toml").write_text('name = "M"\nisa = "z80"\nfpu = false\ngcc_flags = []\n')
    with pytest.raises(BoardError, match=r"cpus/mine\.toml: isa is 'z80'"):
        boards.load(str(path), tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"a sister chip\'s emulator"', '"yes"', r"other\.toml: standing is 'yes'"),
        ('product = "Other board"', 'product = "Ein Gerät"', r"other\.toml: usb\.product is 'Ein Gerät'"),
        ('name = "nano33"', 'name = "bochs"', r"other\.toml: emulator\.name: there is no emulator 'bochs'"),
        (
            'name = "nano33"',
            'name = "nano33"\nsettings = { cable = 1 }',
            r"emulator\.settings\.cable is not a known key",
        ),
        ('name = "nano33"', 'name = "qemu"', r"other\.toml: emulator\.settings\.machine is missing"),
        ('name = "nano33"', 'name = "qemu"\nsettings = 1', r"other\.toml: emulator\.settings must be a table"),
        ("size = 815_104", "size = 0", r"other\.toml: memory\.flash\.size must not be less than 1"),
        ("start = 0x2_6000, ", "", r"other\.toml: memory\.flash\.start is missing"),
        ('[emulator]\nname = "nano33"', "", r"other\.toml: flash is missing"),
    ],
)
def test_errors_name_file_and_key_in_one_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in OTHER
    with pytest.raises(BoardError, match=said) as caught:
        boards.parse(_named(tmp_path, OTHER.replace(old, new)))
    assert "\n" not in caught.value.message and caught.value.hint


def test_a_board_without_usb_ids_is_told_what_its_port_needs(tmp_path: Path) -> None:
    path = _named(tmp_path, OTHER.replace('application = ["239a:8029"]\n', ""))
    done = tinyml("build", "-b", str(path), "-m", "cnn-2-2", "-C", str(tmp_path / "w"))
    assert done.returncode == 1 and "other.toml lacks what ports/usb" in done.stderr
