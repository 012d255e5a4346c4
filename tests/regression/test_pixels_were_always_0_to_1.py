"""A network that takes pixels as 0..255 or -1..1 was fed pixel / 255 without a word: 12.6 % instead of 78.1 %."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.report import samples
from toolkit import reference, resources, workloads
from toolkit.artifacts import DType, sha256_of
from toolkit.data import load_mnist, scaling
from toolkit.data.scaling import Scaling
from toolkit.errors import ModelError, UsageError
from toolkit.selection import Selection
from toolkit.tflite.ends import ends_of

SHARED = Path(__file__).parents[2].parent / "shared" / "cases"


@pytest.mark.parametrize(
    ("scale", "zero_point", "told"),
    [
        (1 / 255, -128, "0..1"),
        (0.0039213, -128, "0..1"),
        (0.0038, -128, "0..1"),  # the calibration pictures had no quite white pixel
        (1.0, -128, "0..255"),
        (0.999932, -128, "0..255"),
        (2 / 255, -1, "-1..1"),
        (0.00784314, 0, "-1..1"),
        (1 / 255, 0, "-0.5..0.5"),
        (1.0, 0, "-128..127"),
    ],
)
def test_the_quantisation_tells_the_range(scale: float, zero_point: int, told: str) -> None:
    assert str(scaling.of_quantised(scale, zero_point, -128, 127)) == told


def test_a_range_that_is_no_usual_one_is_asked_for() -> None:
    with pytest.raises(ModelError, match=r"spans -0\.4201 to 2\.826") as caught:
        scaling.of_quantised(0.01273, -95, -128, 127)  # as (pixel - mean) / deviation gives
    assert "--scale" in caught.value.hint


@pytest.mark.parametrize(("text", "range_"), [
    ("0..1", (0, 1)), ("-1..1", (-1, 1)), ("0..255", (0, 255)), ("-0.42..2.82", (-0.42, 2.82)), ("1..0", (1, 0)),
])  # fmt: skip
def test_a_range_that_is_spelt_out(text: str, range_: tuple[float, float]) -> None:
    assert scaling.parse(text) == Scaling(*range_)


@pytest.mark.parametrize("text", ["", "1", "0..", "a..b", "0..0", "0..nan", "0..inf", "0-1", "0...1..2"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(UsageError, match="is no range"):
        scaling.parse(text)


def test_pixels_as_training_scripts_make_them() -> None:
    every = np.arange(256, dtype=np.uint8)
    real = every.astype(np.float32)
    np.testing.assert_array_equal(Scaling(0, 1).real(every), real / np.float32(255))
    np.testing.assert_array_equal(Scaling(0, 255).real(every), real)
    np.testing.assert_array_equal(Scaling(-1, 1).real(every), real / np.float32(127.5) - np.float32(1))
    np.testing.assert_allclose(Scaling(1, 0).real(every), 1 - real / 255, atol=1e-7)


def test_float32_is_said_and_may_be_said_otherwise() -> None:
    model = resources.models() / "proposed" / "proposed_float32.tflite"
    digest = sha256_of(model.read_bytes())
    build = dataclasses.replace(samples.build(), model_path=model, model_sha256=digest, dtype=DType.FLOAT32)
    plain = workloads.assemble(build, Selection(limit=0))
    assert "pixels as 0..1, the default for float32 (--scale says otherwise)" in plain.inputs.told
    assert plain.workloads[0].kind == "elements"
    other = workloads.assemble(build, Selection(limit=0, scale="-1..1"))
    assert "pixels as -1..1, as --scale says" in other.inputs.told
    work = other.workloads[0]
    assert (work.kind, work.divisor, work.offset) == ("elements", 127.5, -1.0)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the cases are not beside this checkout")
@pytest.mark.parametrize(("name", "right"), [("raw_0_255_int8", 781), ("minus1_1_int8", 917)])
def test_the_cases_get_their_true_accuracy(name: str, right: int) -> None:
    tflite = (SHARED / f"{name}.tflite").read_bytes()
    digits = load_mnist("test").first(1000)
    given = ends_of(tflite).input
    told = scaling.at(given.numpy, given.scale, given.zero_point)
    assert told is not None
    outputs = reference.expected_outputs(tflite, reference.quantise(tflite, digits.values, told)).view(np.int8)
    assert int((outputs.argmax(axis=1) == digits.labels).sum()) == right
