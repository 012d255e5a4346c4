"""TFLM over the wire: the real core and port, the official interpreter as their engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.tflm.models import shipped
from toolkit import board as boards
from toolkit import models, project, reference
from toolkit.artifacts import DType, RunningDevice, Runtime
from toolkit.build import host_gcc
from toolkit.data.scaling import UNIT
from toolkit.emulate import host, host_tflm
from toolkit.errors import EmulatorError, LinkError, ModelError
from toolkit.link import Client, Request, open_transport
from toolkit.runtimes.tflm import figures, for_toolchain

HOST = boards.load("host")
IMAGES = 200


def build(dtype: DType, folder: Path) -> Path:
    toolchain = HOST.toolchains(None, Runtime.TFLM)[0]
    model = models.resolve("proposed", dtype, folder)
    prepared = for_toolchain(model.path.read_bytes(), HOST, toolchain, {})
    made = project.generate(
        board=HOST,
        toolchain=toolchain,
        runtime=Runtime.TFLM,
        model=model,
        files=project.EngineFiles(prepared.engine, (), prepared.generated),
        optimise="-O1",
        tool_version="test",
        out=folder / "project",
    )
    return host_gcc.build(made.path, HOST, toolchain).image


@pytest.fixture(scope="module", params=list(DType))
def firmware(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[DType, Path]:
    return request.param, build(request.param, tmp_path_factory.mktemp("host_tflm"))


@pytest.fixture(scope="module")
def device(firmware: tuple[DType, Path]) -> Iterator[RunningDevice]:
    _, image = firmware
    running = host.start(HOST, image, image.with_name("log"))
    yield running
    assert running.pid is not None
    host.stop(running.pid)


def test_every_output_equals_the_interpreters(device: RunningDevice) -> None:
    client = Client(lambda: open_transport(device.port))
    try:
        hello = client.hello()
        dtype = DType(hello.inputs[0].dtype.name.lower())
        tflite = shipped(str(dtype))
        measured = figures.measure(tflite)
        assert (hello.runtime, hello.board) == ("tflm", "host")
        assert hello.arena_bytes == measured.head + measured.tail
        pixels = np.random.default_rng(7).integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
        inputs = reference.quantise(tflite, pixels, UNIT)
        expected = reference.expected_outputs(tflite, inputs)
        asked = [Request(key=place, data=inputs[place].tobytes(), kind="tensor") for place in range(IMAGES)]
        answers = {answer.key: answer.output for answer in client.stream(asked)}
    finally:
        client.close()
    assert answers == {place: expected[place].tobytes() for place in range(IMAGES)}


def test_an_interpreter_takes_and_gives_the_tensors_bytes() -> None:
    interpreter = host_tflm.Interpreter(shipped("int8"))
    assert (interpreter.input_bytes, interpreter.output_bytes) == (784, 10)
    expected = reference.expected_outputs(shipped("int8"), np.zeros((1, 28, 28, 1), np.int8))
    assert interpreter.invoke(bytes(784)) == expected.tobytes()
    with pytest.raises(ValueError, match="a row has 3 bytes, the tensors 784"):
        interpreter.invoke(bytes(3))


def test_a_firmware_built_for_another_model_is_not_served(firmware: tuple[DType, Path], tmp_path: Path) -> None:
    dtype, image = firmware
    other = tmp_path / "other.tflite"
    other.write_bytes(shipped("float32" if dtype is DType.INT8 else "int8"))
    with pytest.raises(EmulatorError, match=r"built for another model than other\.tflite"):
        host_tflm.serve(image, other, ("--tcp", "0"))


def test_an_interpreter_that_fails_is_refused_by_the_core(firmware: tuple[DType, Path], tmp_path: Path) -> None:
    dtype, image = firmware
    code = (
        "import sys; from pathlib import Path; from toolkit.emulate import host_tflm\n"
        "def fail(self, data): raise RuntimeError('on purpose')\n"
        "host_tflm.Interpreter.invoke = fail\n"
        "host_tflm.serve(Path(sys.argv[1]), Path(sys.argv[2]), ('--tcp', '0', '--once'))\n"
    )
    model = next((image.parent.parent / "model").glob("*.tflite"))
    argv = [sys.executable, "-c", code, str(image), str(model)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().strip()
        client = Client(lambda: open_transport(url))
        try:
            size = 784 if dtype is DType.INT8 else 3136
            with pytest.raises(LinkError, match=r"engine|could not"):
                list(client.stream([Request(key=0, data=bytes(size), kind="tensor")]))
        finally:
            client.close()
        assert serving.wait(timeout=20) == 0


def test_what_cannot_be_served_is_one_clear_line(tmp_path: Path) -> None:
    model = tmp_path / "model.tflite"
    with pytest.raises(ModelError, match="cannot be read"):
        host_tflm.serve(tmp_path / "firmware.so", model, ("--tcp", "0"))
    model.write_bytes(shipped("int8"))
    with pytest.raises(EmulatorError, match="no firmware of the host board"):
        host_tflm.serve(tmp_path / "firmware.so", model, ("--tcp", "0"))
    argv = host_tflm.command(tmp_path / "firmware.so", tmp_path / "none.tflite", ("--tcp", "0"))
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none.tflite cannot be read" in done.stderr
