"""Files that are broken, hostile, or ask for what is not supported: a ModelError in one line, never anything else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.graphs import Graph, padding
from toolkit import resources
from toolkit.compiler import compile_model
from toolkit.errors import ModelError, TinymlError

SOUND = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()


def refused(tflite: bytes) -> ModelError:
    """The error that the compiler raises."""
    with pytest.raises(ModelError) as caught:
        compile_model(tflite, isa="native", fpu=True)
    assert "\n" not in caught.value.message
    assert caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("tflite", [b"", b"TFL3", b"\x1c\0\0\0TFL2" + SOUND[8:], b"\x1c\0\0\0TFL3", b"\0" * 5000])
def test_what_is_no_tflite(tflite: bytes) -> None:
    refused(tflite)


def test_every_truncation_is_refused_or_harmless() -> None:
    for length in range(8, len(SOUND), 37):
        try:
            compile_model(SOUND[:length], isa="armv7em", fpu=True)
        except ModelError as caught:
            assert "\n" not in caught.message


def test_damaged_bytes_never_crash_the_compiler() -> None:
    rng = np.random.default_rng(3)
    refusals = 0
    for _ in range(1500):
        damaged = bytearray(SOUND)
        for place in rng.integers(0, len(SOUND), rng.integers(1, 6)):
            damaged[place] = rng.integers(0, 256)
        try:
            compile_model(bytes(damaged), isa="armv7em", fpu=True)
        except ModelError as caught:
            refusals += 1
            assert "\n" not in caught.message
    assert refusals > 100


def test_offsets_full_of_ones_never_crash_the_compiler() -> None:
    for place in range(0, len(SOUND) - 4, 4):
        damaged = bytearray(SOUND)
        damaged[place : place + 4] = b"\xff\xff\xff\x7f" if place % 8 else b"\xff\xff\xff\xff"
        try:
            compile_model(bytes(damaged), isa="native", fpu=True)
        except ModelError as caught:
            assert "\n" not in caught.message


def _one(kind: str, dtype: str = "int8", scale: float | None = 0.1) -> bytes:
    g = Graph()
    source, output = g.tensor((1, 4), dtype, scale), g.tensor((1, 4), dtype, scale)
    g.operator(kind, [source], [output])
    return g.file(source, output)


def test_an_unknown_operator_is_named() -> None:
    assert "operator LSTM is not supported by aot" in refused(_one("LSTM")).message


def test_int8_without_a_scale() -> None:
    assert "t0" in refused(_one("RELU", scale=None)).message


def test_int16_input() -> None:
    refused(_one("RELU", dtype="int32", scale=None))


def _dense(**changes: object) -> bytes:
    values: dict[str, object] = {"zero": 0, "scales": [0.01, 0.02], "shape": (2, 4), "bias": (2,), "output_scale": 0.1}
    values |= changes
    g = Graph()
    shape, bias_shape = values["shape"], values["bias"]
    assert isinstance(shape, tuple)
    assert isinstance(bias_shape, tuple)
    source = g.tensor((1, 4), "int8", 0.1)
    weights = g.tensor(shape, "int8", values["scales"], int(str(values["zero"])), 0, np.ones(shape))  # type: ignore[arg-type]
    bias = g.tensor(bias_shape, "int32", data=np.full(bias_shape, int(str(values.get("value", 0)))))
    output = g.tensor((1, 2), "int8", float(str(values["output_scale"])))
    g.operator("FULLY_CONNECTED", [source, weights, bias], [output], "FullyConnectedOptions")
    return g.file(source, output)


def test_the_sound_dense_layer_is_taken() -> None:
    compile_model(_dense(), isa="native", fpu=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"zero": 3},
        {"scales": [0.01, 0.02, 0.03]},
        {"shape": (2, 5)},
        {"shape": (2, 2, 2)},
        {"bias": (3,)},
        {"value": 2**31 - 1},
        {"output_scale": float("inf")},
        {"output_scale": 0.0},
    ],
    ids=str,
)
def test_dense_layers_that_are_wrong(changes: dict[str, object]) -> None:
    refused(_dense(**changes))


def _pool(in_shape: tuple[int, ...], out_shape: tuple[int, ...], stride: int = 2) -> bytes:
    g = Graph()
    source, output = g.tensor(in_shape, "int8", 0.1), g.tensor(out_shape, "int8", 0.1)
    members = {
        "filterHeight": 2,
        "filterWidth": 2,
        "strideH": stride,
        "strideW": stride,
        "padding": padding(same=False),
    }
    g.operator("MAX_POOL_2D", [source], [output], "Pool2DOptions", **members)
    return g.file(source, output)


@pytest.mark.parametrize(
    "tflite",
    [
        _pool((1, 4, 4, 1), (1, 3, 2, 1)),
        _pool((1, 4, 4, 1), (1, 2, 2, 2)),
        _pool((2, 4, 4, 1), (2, 2, 2, 1)),
        _pool((4, 4), (2, 2)),
        _pool((1, 1, 1, 1), (1, 1, 1, 1)),
        _pool((1, 4, 4, 1), (1, 2, 2, 1), stride=0),
    ],
)
def test_pools_that_are_wrong(tflite: bytes) -> None:
    refused(tflite)


def test_a_softmax_scale_on_which_the_interpreter_aborts() -> None:
    g = Graph()
    source, output = g.tensor((1, 10), "int8", 7.8e-9), g.tensor((1, 10), "int8", 1 / 256, -128)
    g.operator("SOFTMAX", [source], [output], "SoftmaxOptions", beta=1.0)
    assert "too small" in refused(g.file(source, output)).message


def test_a_loop_among_the_operators() -> None:
    g = Graph()
    a, b = g.tensor((1, 4), "int8", 0.1), g.tensor((1, 4), "int8", 0.1)
    source = g.tensor((1, 4), "int8", 0.1)
    g.operator("RELU", [b], [a])
    g.operator("RELU", [a], [b])
    assert "before it is computed" in refused(g.file(source, b)).message


def test_a_wrong_instruction_set_is_named() -> None:
    with pytest.raises(TinymlError, match="there is no instruction set 'z80'"):
        compile_model(SOUND, isa="z80", fpu=False)
