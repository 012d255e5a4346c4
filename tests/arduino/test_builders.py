"""The builders of sketches: the exact argv, and fake programs that answer as the real ones do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.arduino.tools import FakeTools
from toolkit import board as boards
from toolkit import build, process
from toolkit.board import Toolchain
from toolkit.build import arduino_cli, avr_gcc, platformio
from toolkit.errors import BuildError, ToolError

UNO = boards.load("uno")
NANO33 = boards.load("nano33")
# A linked program whose .bss alone is larger than an Uno's RAM: as ELF, made by hand.
COMPILE_ERROR = {
    "compiler_out": "",
    "compiler_err": "In file included from sketch.ino:3:\nsrc/port.cpp:12:3: error: 'nosuch' was not declared\n",
    "builder_result": {"build_path": "build/x"},
    "upload_result": {},
    "success": False,
    "error": "Error during build: exit status 1",
}


def chain(board: boards.Board, builder: str) -> Toolchain:
    return board.toolchains(builder, None)[0]


def test_arduino_cli_argv() -> None:
    assert arduino_cli.command(Path("build/nano33/project"), NANO33, chain(NANO33, "arduino_cli")) == [
        "arduino-cli",
        "compile",
        "--json",
        "--profile",
        "nano33",
        "--build-property",
        "compiler.c.extra_flags=-O3",
        "--build-property",
        "compiler.cpp.extra_flags=-O3",
        "--build-path",
        "build/nano33/project/out/arduino-cli",
        "--output-dir",
        "build/nano33/project/out",
        "build/nano33/project",
    ]


def test_platformio_argv() -> None:
    made = platformio.command(Path("build/uno/project"), UNO, chain(UNO, "platformio"))
    assert made == ["pio", "run", "--project-dir", "build/uno/project", "--environment", "uno"]


def test_avr_gcc_argv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "boards.txt").write_text("uno.build.variant=standard\nuno.build.board=AVR_UNO\n")
    monkeypatch.setattr("toolkit.resources.arduino_avr_core", lambda: tmp_path)
    made = avr_gcc.command(Path("p"), UNO, chain(UNO, "avr_gcc"))
    assert made[:4] == ["make", "--directory", "p", "--no-print-directory"]
    assert made[5:] == [f"ARDUINO_CORE={tmp_path}", "VARIANT=standard", "BOARD=AVR_UNO"]


def test_board_with_several_processors_is_found() -> None:
    text = "mega.build.variant=mega\n# default\nmega.build.board=AVR_MEGA2560\nmega.menu.cpu.atmega1280.build.board=X\n"
    assert avr_gcc.properties(text, chain(boards.load("mega"), "avr_gcc")) == {
        "variant": "mega",
        "board": "AVR_MEGA2560",
    }


def test_board_that_the_core_does_not_know() -> None:
    with pytest.raises(BuildError, match="has no board 'uno'"):
        avr_gcc.properties("nano.build.variant=eightanaloginputs\n", chain(UNO, "avr_gcc"))


def test_no_core_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.resources.arduino_avr_core", lambda: None)
    with pytest.raises(ToolError, match="core for AVR boards is not installed") as caught:
        avr_gcc.version()
    assert "arduino-core-avr" in caught.value.hint


def test_versions_are_read_as_the_tools_write_them(tools: FakeTools, monkeypatch: pytest.MonkeyPatch) -> None:
    tools.add("arduino-cli", f"print({json.dumps({'VersionString': '1.3.1'})!r})")
    tools.add("pio", "print('PlatformIO Core, version 6.1.18')")
    monkeypatch.setenv("PATH", tools.path)
    assert arduino_cli.version() == "arduino-cli 1.3.1"
    assert tools.argv("arduino-cli") == ["version", "--json"]
    assert platformio.version() == "PlatformIO Core, version 6.1.18"


def test_the_compilers_own_word_is_quoted(tools: FakeTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools.add("arduino-cli", f"print({json.dumps(COMPILE_ERROR)!r}); sys.exit(1)")
    monkeypatch.setenv("PATH", tools.path)
    with pytest.raises(BuildError, match=r"arduino-cli failed \(exit 1\): src/port.cpp:12:3: error: 'nosuch' was not"):
        arduino_cli.build(tmp_path / "sketch", UNO, chain(UNO, "arduino_cli"))


def test_an_error_before_the_compiler_comes_on_stderr(
    tools: FakeTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"error": "Error initializing instance: Platform 'arduino:mbed_nano@4.6.0' not found: no internet"}
    tools.add("arduino-cli", f"print({json.dumps(said)!r}, file=sys.stderr); sys.exit(1)")
    monkeypatch.setenv("PATH", tools.path)
    with pytest.raises(BuildError, match=r"'arduino:mbed_nano@4\.6\.0' not found: no internet"):
        arduino_cli.build(tmp_path / "sketch", NANO33, chain(NANO33, "arduino_cli"))


def test_a_former_image_is_never_taken_for_this_builds(
    tools: FakeTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.add("arduino-cli", f"print({json.dumps({'success': True})!r})")  # says so, and writes nothing
    monkeypatch.setenv("PATH", tools.path)
    old = tmp_path / "sketch" / "out" / "arduino-cli" / "sketch.ino.elf"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"\x7fELF of yesterday")
    with pytest.raises(BuildError, match=r"arduino-cli left no .*sketch\.ino\.elf"):
        arduino_cli.build(tmp_path / "sketch", UNO, chain(UNO, "arduino_cli"))


def test_platformios_image_is_found_where_it_puts_it(
    tools: FakeTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sketch" / ".pio" / "build" / "nano33"
    tools.add(
        "pio",
        f"p = pathlib.Path({str(folder)!r}); p.mkdir(parents=True)\n"
        "for name in ('firmware.elf', 'firmware.bin'): (p / name).touch()",
    )
    monkeypatch.setenv("PATH", tools.path)
    built = platformio.build(tmp_path / "sketch", NANO33, chain(NANO33, "platformio"))
    assert (built.image, built.elf) == (folder / "firmware.bin", folder / "firmware.elf")
    assert tools.argv("pio") == ["run", "--project-dir", str(tmp_path / "sketch"), "--environment", "nano33"]


def test_platformios_reason_is_passed_on(tools: FakeTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools.add("pio", "print('Error: Could not install package', file=sys.stderr); sys.exit(1)")
    monkeypatch.setenv("PATH", tools.path)
    with pytest.raises(BuildError, match=r"pio failed \(exit 1\): Error: Could not install package"):
        platformio.build(tmp_path / "sketch", UNO, chain(UNO, "platformio"))


@pytest.mark.parametrize(
    ("there", "chosen"),
    [(("arduino-cli", "pio"), "arduino_cli"), (("pio",), "platformio"), ((), "arduino_cli")],
)
def test_whichever_tool_is_there_is_used(
    tools: FakeTools, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], chosen: str
) -> None:
    for name in there:
        tools.add(name, "")
    monkeypatch.setenv("PATH", str(tools.folder))
    candidates = tuple(each for each in NANO33.toolchain if each.framework == "arduino")
    assert build.choose(candidates).builder == chosen
    assert process.find("arm-none-eabi-gcc") is None
