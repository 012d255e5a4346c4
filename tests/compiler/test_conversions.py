"""QUANTIZE and DEQUANTIZE between every two types that the official interpreter brings to each other, byte for byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.compiler import engine
from tests.compiler.graphs import Graph
from toolkit.compiler import compile_model
from toolkit.errors import ModelError

PAIRS = [
    ("float32", "int8"), ("float32", "int16"),
    ("int8", "float32"), ("uint8", "float32"), ("int16", "float32"),
    ("int8", "uint8"), ("uint8", "int8"),
    ("int8", "int16"), ("int8", "int32"),
    ("int16", "int8"), ("int16", "int16"), ("int16", "int32"),
]  # fmt: skip
LIMITS = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "int32": (-(1 << 31), (1 << 31) - 1)}
SIZE = 512


def _zero(rng: np.random.Generator, kind: str) -> int:
    low, high = LIMITS[kind]
    if kind == "int32":
        return 0
    return int(rng.integers(low, high + 1))


def network(rng: np.random.Generator, source: str, output: str) -> bytes:
    """One operator, with scales of any ratio that the types can hold; of some, products are halves."""
    scale = float(np.float32(rng.choice([2.0 ** -rng.integers(0, 12), np.exp(rng.uniform(-8, 0))])))
    width = {"int8": 8, "uint8": 8, "int16": 16, "int32": 24, "float32": 8}
    ratio = 2.0 ** (width[source] - width[output]) * rng.choice([1.0, 0.5, 1 / 3, rng.uniform(0.4, 2.5)])
    ends: list[tuple[str, float | None, int]] = []
    for kind, by in ((source, 1.0), (output, ratio)):
        if kind == "float32":
            ends.append((kind, None, 0))
        else:
            ends.append((kind, float(np.float32(scale * by)), _zero(rng, kind)))
    g = Graph()
    first, last = (g.tensor((1, SIZE), kind, by, zero) for kind, by, zero in ends)
    name = "DEQUANTIZE" if output == "float32" else "QUANTIZE"
    g.operator(name, [first], [last], f"{name.capitalize()}Options")
    return g.file(first, last)


def inputs(rng: np.random.Generator, tflite: bytes, source: str) -> NDArray[Any]:
    """Every value of a byte, or random ones with both ends; reals about what the output holds, halves among them."""
    if source == "float32":
        spec = compile_model(tflite, isa="native", fpu=True).outputs[0]
        low, high = LIMITS[str(spec.dtype)]
        steps = rng.uniform(1.2 * (low - spec.zero_point) - 1, 1.2 * (high - spec.zero_point) + 1, (4, 1, SIZE))
        steps[1:] = np.rint(2 * steps[1:]) / 2
        return (steps * spec.scale).astype(np.float32)
    low, high = LIMITS[source]
    if source in ("int8", "uint8"):
        return (np.arange(SIZE) % 256 + low).astype(source).reshape(1, 1, SIZE)
    values = rng.integers(low, high + 1, (4, 1, SIZE))
    values[0, 0, :2] = low, high
    return values.astype(source)


@pytest.mark.parametrize(("source", "output"), PAIRS)
def test_every_pair_of_types(source: str, output: str) -> None:
    rng = np.random.default_rng([ord(sign) for sign in source + output])
    for _ in range(8):
        tflite = network(rng, source, output)
        model = compile_model(tflite, isa="native", fpu=True)
        assert (model.inputs[0].dtype, model.outputs[0].dtype) == (source, output)
        given = inputs(rng, tflite, source)
        got, expected = engine.run(model, given), engine.reference(tflite, given)
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("source", "output"), [("uint8", "int16"), ("uint8", "uint8"), ("float32", "uint8")])
def test_a_pair_that_the_interpreter_has_not_is_refused_by_name(source: str, output: str) -> None:
    tflite = network(np.random.default_rng(1), source, output)
    with pytest.raises(ModelError, match=f"QUANTIZE from {source} to {output} is not supported by aot"):
        compile_model(tflite, isa="native", fpu=True)
