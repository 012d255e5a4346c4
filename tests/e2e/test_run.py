"""Build, flash, verify as a user does, on every board that needs nothing but this computer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml

LIMIT = 40

VERIFY_FIELDS = {
    "images", "answered", "bit_exact", "resent", "proven", "accuracy", "ticks", "seconds", "device",
    "verdict", "inputs", "distinct_outputs",
}  # fmt: skip
BUILD_FIELDS = {
    "board", "model", "dtype", "runtime", "toolchain", "project", "image", "model_bytes", "flash_bytes", "flash_limit",
    "ram_bytes", "ram_limit", "build_id", "model_sha256",
}  # fmt: skip

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize(
    ("board", "unit"),
    [
        ("host", "microseconds"),
        ("mps2-an386", "instructions"),
        ("mps3-an547", "instructions"),
        ("microbit", "instructions"),
    ],
)
def test_run_is_proven(tmp_path: Path, board: str, unit: str, dtype: str) -> None:
    done = tinyml("run", "--board", board, "--dtype", dtype, "--limit", str(LIMIT), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result.keys() >= VERIFY_FIELDS
    assert result["proven"] is True
    assert result["verdict"] == "proven"
    assert result["inputs"].startswith(f"the first {LIMIT} MNIST images, 10 hand-drawn ones; pixels as 0..1, ")
    assert 3 <= result["distinct_outputs"] <= LIMIT + 10
    assert result["images"] == result["answered"] == LIMIT + 10
    if dtype == "int8":
        assert result["bit_exact"] == LIMIT + 10
    assert result["accuracy"]["mnist"]["total"] == LIMIT
    low, high = result["accuracy"]["external"]["ci95"]
    assert 0 <= low < result["accuracy"]["external"]["correct"] / 10 <= high <= 1
    assert result["ticks"]["unit"] == unit
    assert 0 < result["ticks"]["median"] <= result["ticks"]["max"]
    build = json.loads(next((tmp_path / "build" / board).glob("*/build.json")).read_text())
    assert build.keys() >= BUILD_FIELDS
    assert result["device"]["build_id"] == build["build_id"]
    assert result["device"]["model_sha256"] == build["model_sha256"]
    assert result["device"]["board"] == board
    assert next((tmp_path / "build" / board).glob("*/report.html")).read_text().startswith("<!doctype html>")
    assert not (tmp_path / "build" / board / "device.json").exists(), "the emulator is stopped and forgotten"


def test_build_json_is_what_it_prints_and_the_image_is_there(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "mps2-an386", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed.pop("gates") == []
    assert printed == json.loads((tmp_path / "build" / "mps2-an386" / "proposed-int8-aot" / "build.json").read_text())
    assert Path(printed["image"]).is_file()
    assert 0 < printed["flash_bytes"] < printed["flash_limit"]
    owners = printed["size"]["flash_by_owner"]
    assert sum(owners.values()) == printed["flash_bytes"]
    assert owners["model"] > 707


def test_too_big_is_exit_code_3_and_says_by_how_much(tmp_path: Path) -> None:
    board = Path(__file__).parents[2] / "boards" / "microbit.toml"
    assert "size = 16_384 }" in board.read_text()
    big = tmp_path / "big.tflite"
    big.write_bytes(_network_with_a_large_input())
    done = tinyml("build", "--board", "microbit", "--model", str(big), "--dtype", "float32", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "RAM by" in done.stderr
    assert "16,384" in done.stderr
    assert not list((tmp_path / "build" / "microbit").glob("*/build.json"))


def _network_with_a_large_input() -> bytes:
    """One LeakyReLU over 64 x 64 floats: 16 KiB in, 16 KiB out."""
    import flatbuffers
    from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

    def tensor(name: str) -> object:
        made = schema.TensorT()
        made.shape, made.type, made.buffer, made.name = [1, 64, 64, 1], schema.TensorType.FLOAT32, 0, name
        return made

    options = schema.LeakyReluOptionsT()
    options.alpha = 0.1
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.LeakyReluOptions, options
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.LEAKY_RELU
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs, graph.operators = [tensor("x"), tensor("y")], [0], [1], [operator]
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [schema.BufferT()]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
