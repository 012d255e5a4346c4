"""The sketch on a real Arduino core, compiled as the Arduino tools would: by the core's own recipes, LTO included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.arduino.test_sketch import generate
from tests.arduino.tools import FakeTools
from tests.cli.tinyml import tinyml
from tests.uno.conftest import Power
from tests.uno.conftest import power as power  # noqa: PLC0414 - a fixture
from tests.uno.inputs import digits, prove
from toolkit import board as boards
from toolkit.artifacts import Build
from toolkit.build import avr_gcc
from toolkit.errors import BuildError

pytestmark = pytest.mark.emulator


def test_built_by_arduino_cli_and_proven(tools: FakeTools, tmp_path: Path, power: Power) -> None:
    tools.add_arduino_cli()
    done = tinyml("build", "--board", "uno", "--json", cwd=tmp_path, env={"PATH": tools.path})
    assert done.returncode == 0, done.stderr
    build = Build.load(tmp_path / "build" / "uno" / "proposed-int8-aot" / "build.json")
    assert build.toolchain == "arduino_cli", "where arduino-cli is there, it is used"
    asked = json.loads((tools.folder / "compile.json").read_text())
    assert asked[:4] == ["compile", "--json", "--profile", "uno"]
    assert build.image.name == "project.ino.hex"
    uno = power()
    uno.upload(build)
    client = uno.client()
    assert client.hello().build_id == build.build_id
    prove(client, build.model_path, digits(10))
    client.close()


def test_too_big_for_arduino_cli_is_exit_code_3_with_our_figures(tools: FakeTools, tmp_path: Path) -> None:
    """arduino-cli refuses such a sketch itself; what is told is by how much, the stack counted."""
    tools.add_arduino_cli()
    done = tinyml("build", "--board", "uno", "--dtype", "float32", cwd=tmp_path, env={"PATH": tools.path})
    assert done.returncode == 3, done.stderr
    assert "too big for Arduino Uno: RAM by " in done.stderr
    assert "256 stack of 2,048" in done.stderr


def test_a_missing_function_is_an_error_and_not_an_image(tmp_path: Path) -> None:
    """What lets a sketch that is too large be linked must not let an undefined symbol pass."""
    header = (
        "#include <stdint.h>\n#define MODEL_INPUTS 1u\n#define MODEL_OUTPUTS 1u\n"
        "#define MODEL_ENDS {4u, ENGINE_INT8, {0}}, {1u, ENGINE_INT8, {0}}\n"
        "#define MODEL_ARENA_BYTES 4u\nuint8_t *model_input(uint8_t index);\nvoid model_invoke(void);\n"
        "const uint8_t *model_output(uint8_t index);\n#define MODEL_LAYERS 1u\n"
        "void model_trace(void (*watch)(uint16_t layer, const uint8_t *bytes, uint32_t size, uint32_t whole));\n"
        "#define MODEL_ROW_BYTES 0u\n"
    )
    sketch = generate(tmp_path, "uno", "avr_gcc", {"model.h": header})
    board = boards.load("uno")
    with pytest.raises(BuildError, match="model_"):
        avr_gcc.build(sketch, board, board.toolchains("avr_gcc", None)[0])
