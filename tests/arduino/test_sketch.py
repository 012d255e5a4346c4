"""The sketch folder: complete, laid out as the Arduino tools want it, and there even where no tool is."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit import board as boards
from toolkit import project
from toolkit.artifacts import DType, ModelFile, Runtime, sha256_of
from toolkit.errors import ProjectError
from toolkit.project import EngineFiles


def includes(source: Path) -> list[str]:
    """What a source includes by quotes."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', source.read_text(), re.MULTILINE)


def generate(
    folder: Path, board_id: str, builder: str, generated: dict[str, str], engine: tuple[str, ...] = ("aot_engine.c",)
) -> Path:
    board = boards.load(board_id)
    toolchain = board.toolchains(builder, None)[0]
    model = folder / "net.tflite"
    model.write_bytes(b"not looked into")
    project.generate(
        board=board,
        toolchain=toolchain,
        runtime=toolchain.runtimes[0],
        model=ModelFile("net", model, DType.INT8, sha256_of(b"not looked into"), 15),
        files=EngineFiles(engine, ("aot_memory.h",), generated),
        optimise="-O3",
        tool_version="1",
        out=folder / "my_sketch",
    )
    return folder / "my_sketch"


@pytest.mark.parametrize("builder", ["arduino-cli", "platformio"])
@pytest.mark.parametrize("runtime", ["tflm", "aot"])
def test_without_tools_the_nano33s_sketch_is_complete(tmp_path: Path, builder: str, runtime: str) -> None:
    done = tinyml(
        *("build", "--board", "nano33", "--toolchain", builder, "--runtime", runtime),
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 1
    error, hint = done.stderr.strip().splitlines()
    program = {"arduino-cli": "arduino-cli", "platformio": "pio"}[builder]
    place = f"build/nano33/proposed-int8-{runtime}/project"
    assert error == f"error: {program} is not installed, or not on PATH; the project is complete in {place}"
    assert "install it" in hint
    sketch = tmp_path / place
    assert {"project.ino", "sketch.yaml", "platformio.ini", "README.md", "src", "model"} <= {
        path.name for path in sketch.iterdir()
    }
    # Arduino's include path holds nothing of the sketch: every quoted header lies beside who includes it.
    sources = [sketch / "project.ino", *(sketch / "src").iterdir()]
    assert all(path.is_file() for path in sources), "src/ is flat"
    for source in sources:
        for name in includes(source):
            assert (source.parent / name).is_file() or name.startswith("tensorflow/"), f"{source.name}: {name}"
    assert not (sketch / "src" / "main.c").exists()
    names = {path.name for path in sources}
    assert ("tflm_engine.cpp" in names, "aot_engine.c" in names) == (runtime == "tflm", runtime == "aot")


def test_without_any_tool_one_message_names_every_road(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "nano33", "--runtime", "aot", cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    error, hint = done.stderr.strip().splitlines()
    for program in ("arm-none-eabi-gcc", "arduino-cli", "pio"):
        assert program in error
    assert "gcc-arm-none-eabi" in hint
    assert "arduino.github.io/arduino-cli" in hint
    assert "pip install platformio" in hint
    assert (tmp_path / "build" / "nano33" / "proposed-int8-aot" / "project" / "Makefile").is_file()
    assert not list((tmp_path / "build" / "nano33").glob("*/build.json"))


def test_core_and_library_are_pinned(tmp_path: Path) -> None:
    sketch = generate(tmp_path, "nano33", "arduino_cli", {}, ("tflm_engine.cc",))
    text = (sketch / "sketch.yaml").read_text()
    assert "fqbn: arduino:mbed_nano:nano33ble\n" in text
    assert "- platform: arduino:mbed_nano (4.6.0)\n" in text
    assert "- Chirale_TensorFLowLite (2.0.0)\n" in text
    assert "default_profile: nano33\n" in text
    settings = configparser.ConfigParser()
    settings.read(sketch / "platformio.ini")
    assert settings["env:nano33"]["platform"] == "nordicnrf52@10.11.0"
    assert settings["env:nano33"]["board"] == "nano33ble"
    assert settings["env:nano33"]["lib_deps"].strip() == "Chirale_TensorFLowLite@2.0.0"
    assert settings["platformio"]["src_dir"] == "."
    main = (sketch / "my_sketch.ino").read_text()
    assert "#include <Chirale_TensorFlowLite.h>" in main  # by which the tools find the library, for all of src/
    assert "#include <Wire.h>" in main


def test_a_sketch_of_our_own_engine_needs_no_library(tmp_path: Path) -> None:
    sketch = generate(tmp_path, "uno", "avr_gcc", {"model.c": "", "model.h": ""})
    assert "libraries:" not in (sketch / "sketch.yaml").read_text()
    assert "lib_deps" not in (sketch / "platformio.ini").read_text()
    assert re.findall(r"#include <(.*)>", (sketch / "my_sketch.ino").read_text()) == ["Arduino.h"]


def test_every_tools_files_are_there_whichever_is_asked_for(tmp_path: Path) -> None:
    for builder in ("arduino_cli", "avr_gcc", "platformio"):
        sketch = generate(tmp_path, "uno", builder, {})
        assert {path.name for path in sketch.iterdir() if path.is_file()} >= {
            *("my_sketch.ino", "sketch.yaml", "platformio.ini", "Makefile")
        }
        assert "fqbn: arduino:avr:uno\n" in (sketch / "sketch.yaml").read_text()


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"two sources of the sketch are named src/app\.c"):
        generate(tmp_path, "uno", "avr_gcc", {"app.c": "int second;"})


def test_the_default_runtime_of_the_arduino_road_is_tflm() -> None:
    board = boards.load("nano33")
    assert board.toolchains("arduino_cli", None)[0].runtimes == (Runtime.TFLM, Runtime.AOT)
    assert board.toolchains("platformio", Runtime.AOT)[0].builder == "platformio"
