"""`tinyml boards add`: a board file out of what PlatformIO or an Arduino core says of a board."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit import board as boards
from toolkit import board_import, resources
from toolkit.errors import BoardError

JSON = {
    "build": {
        "cpu": "cortex-m4",
        "f_cpu": "180000000L",
        "mcu": "stm32f446ret6",
        "hwids": [["0x0483", "0x374B"], ["0x0483", "0x3752"]],
    },
    "frameworks": ["arduino", "mbed"],
    "name": "ST Nucleo F446RE",
    "upload": {"maximum_ram_size": 131072, "maximum_size": 524288, "offset_address": "0x08000000"},
}
BOARDS_TXT = """\
# A core's file.
menu.cpu=Processor

mine.name=A board of "mine"
mine.vid.0=0x2341
mine.pid.0=0x0043
mine.upload.maximum_size=32256
mine.upload.maximum_data_size=2048
mine.build.mcu=atmega328p
mine.build.f_cpu=16000000L
chosen.name=By a menu
chosen.build.mcu=atmega2560
strange.name=Strange
strange.build.mcu=z80
strange.upload.maximum_size=1
strange.upload.maximum_data_size=1
"""


def _json(folder: Path, told: object = JSON, platform: bool = True) -> Path:
    path = folder / "platforms" / "ststm32" / "boards" / "my_nucleo.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(told))
    if platform:
        (path.parents[1] / "platform.json").write_text('{"name": "ststm32", "version": "19.6.0"}')
    return path


def _txt(folder: Path) -> Path:
    path = folder / "packages" / "arduino" / "hardware" / "avr" / "1.8.6" / "boards.txt"
    path.parent.mkdir(parents=True)
    path.write_text(BOARDS_TXT)
    return path


def test_a_platformio_board_becomes_a_file_that_builds(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    done = tinyml("boards", "add", str(_json(tmp_path)), "-C", str(workspace))
    assert done.returncode == 0, done.stderr
    assert "my_nucleo.toml is a board now, and not tried" in done.stdout
    assert "not known: that the Cortex-M4 has its floating-point unit" in done.stdout
    assert "not known: which of its USB ids are the bootloader's" in done.stdout
    board = boards.load("my_nucleo", workspace)
    assert (board.mcu.cpu, board.mcu.clock_hz) == ("cortex-m4f", 180_000_000)
    assert (board.memory.flash.start, board.memory.flash.size, board.memory.ram.size) == (0x0800_0000, 524_288, 131_072)
    assert board.usb.application == ("0483:374b", "0483:3752") and board.standing == "by fakes only"
    assert board.toolchain[0].settings.platform == "ststm32@19.6.0"
    # Its project is generated, whole, also where PlatformIO is not installed.
    built = tinyml("build", "-b", "my_nucleo", "-C", str(workspace), env={"PATH": str(tmp_path)})
    assert "the project is complete in" in built.stderr
    ini = next(workspace.glob("build/my_nucleo/*/project/platformio.ini")).read_text()
    assert "board = my_nucleo\n" in ini


def test_an_entry_of_a_cores_boards_txt_becomes_one(tmp_path: Path) -> None:
    done = tinyml("boards", "add", str(_txt(tmp_path)), "--id", "mine", "--json", "-C", str(tmp_path))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["board"] == "mine" and any("RAM" in each for each in said["unknown"])
    board = boards.load("mine", tmp_path)
    assert board.name == "A board of ?mine?"
    assert board.toolchain[0].settings.fqbn == "arduino:avr:mine"
    assert board.toolchain[0].settings.core == "arduino:avr@1.8.6"
    assert (board.mcu.cpu, board.memory.ram.start) == ("atmega328p", 0x100)
    again = tinyml("boards", "add", str(_txt(tmp_path / "b")), "--id", "mine", "-C", str(tmp_path))
    assert again.returncode == 1 and "is there already" in again.stderr


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("nosuch", "has no board 'nosuch'"),
        (None, "has 3 boards"),
        ("chosen", "does not say upload.maximum_size"),
        ("strange", "no core is known for z80"),
    ],
)
def test_what_boards_txt_does_not_say_is_said_in_one_line(tmp_path: Path, asked: str | None, said: str) -> None:
    with pytest.raises(BoardError, match=said) as caught:
        board_import.from_boards_txt(_txt(tmp_path), asked, None)
    assert caught.value.hint and "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([], "is no PlatformIO board"),
        ({"name": "x"}, "is no PlatformIO board"),
        (JSON | {"frameworks": ["zephyr"]}, "is not for Arduino's framework"),
        (JSON | {"build": {"mcu": "pic32", "cpu": "mips"}}, "no core is known for mips or pic32"),
        (JSON | {"build": JSON["build"] | {"hwids": [["0x1", "x"]]}}, "its USB ids are no pairs"),  # type: ignore[operator]
        (JSON | {"upload": {"maximum_size": "much", "maximum_ram_size": 1}}, "upload.maximum_size is 'much'"),
    ],
)
def test_what_is_no_board_is_refused(tmp_path: Path, told: object, said: str) -> None:
    with pytest.raises(BoardError, match=said):
        board_import.from_platformio(_json(tmp_path, told), None)


def test_a_file_outside_its_core_or_platform_must_be_told_which(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match=r"no platform\.json") as caught:
        board_import.from_platformio(_json(tmp_path, platform=False), None)
    assert "--platform" in caught.value.hint
    alone = tmp_path / "boards.txt"
    alone.write_text(BOARDS_TXT)
    with pytest.raises(BoardError, match="where arduino-cli installs one"):
        board_import.from_boards_txt(alone, "mine", None)
    assert board_import.from_boards_txt(alone, "mine", "arduino:avr@1.8.6").settings["fqbn"] == "arduino:avr:mine"


@pytest.mark.skipif(resources.arduino_avr_core() is None, reason="needs Arduino's core for AVR boards")
def test_arduinos_own_boards_txt_gives_what_our_file_has(tmp_path: Path) -> None:
    core = resources.arduino_avr_core()
    assert core is not None
    path = board_import.add(board_import.from_boards_txt(core / "boards.txt", "uno", "arduino:avr@1.8.6"), tmp_path)
    made, ours = boards.load(str(path)), boards.load("uno")
    assert (made.mcu.part, made.mcu.cpu, made.mcu.clock_hz) == (ours.mcu.part.upper(), ours.mcu.cpu, ours.mcu.clock_hz)
    assert (made.memory.flash, made.memory.ram) == (ours.memory.flash, ours.memory.ram)
    assert set(made.usb.application) >= {"2341:0043", "2341:0001"}


def test_what_would_say_something_else_in_the_file_does_not_get_there(tmp_path: Path) -> None:
    told = JSON | {"name": 'x"\n[flash]\nmethod = "samba'}
    found = board_import.from_platformio(_json(tmp_path, told), None)
    path = board_import.add(found, tmp_path)
    assert boards.load(str(path)).flash.method == "platformio"  # type: ignore[union-attr]
    found.settings["platform"] = "ststm32; rm -rf /"
    found.id = "other"
    with pytest.raises(BoardError, match="platform"):
        board_import.add(found, tmp_path)
    assert not (tmp_path / "boards" / "other.toml").exists()
