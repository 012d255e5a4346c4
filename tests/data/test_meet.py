"""What data stand for at an input: taken from its quantisation, as the user says, or refused; and always said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.data.ends import UNIT, end
from toolkit.artifacts import TensorSpec
from toolkit.data import meet, scaling
from toolkit.data.loaders import Loaded
from toolkit.data.tensor import quantised
from toolkit.errors import DatasetError, ModelError, UsageError

BYTES = np.array([[0, 51, 255]], np.uint8)


def met(values: Any, tensor: TensorSpec, asked: str | None = None, **how: Any) -> meet.Met:
    return meet.meet(Loaded((np.asarray(values),), **how), 0, tensor, asked, "x", alone=True)


@pytest.mark.parametrize(("scale", "zero_point"), [(0.5, 0), (2 / 255, -1), (1 / 255, -128), (0.0371, 13)])
def test_real_values_are_quantised_as_the_official_operator_does(scale: float, zero_point: int) -> None:
    runtime = pytest.importorskip("tflite_micro.python.tflite_micro").runtime
    halves = np.arange(-300, 300) * np.float32(scale) / 2
    real = np.concatenate([halves, np.nextafter(halves, 9), np.nextafter(halves, -9)]).astype(np.float32)
    graph = Graph()
    source = graph.tensor((1, len(real)), "float32")
    output = graph.tensor((1, len(real)), "int8", scale, zero_point)
    graph.operator("QUANTIZE", [source], [output])
    official = runtime.Interpreter.from_bytes(graph.file(source, output), arena_size=1 << 16)
    official.set_input(real[None], 0)
    official.invoke()
    np.testing.assert_array_equal(
        quantised(real, end(len(real), scale=scale, zero_point=zero_point)), official.get_output(0)[0]
    )


def test_bytes_stand_for_what_the_quantisation_tells_or_the_user_says() -> None:
    for tensor, asked, expected in (
        (end(3, **UNIT), None, "0..1"),
        (end(3), None, "-1..1"),
        (end(3, dtype="float32"), None, "0..1"),
        (end(3), "0..255", "0..255"),
        (end(3), "0.5/0.25", "-2..2"),
        (end(3), "127.5/127.5", "-1..1"),
        (end(3, dtype="uint8"), "0..1", "0..1"),
    ):
        found = met(BYTES, tensor, asked)
        assert found.values is not None and found.values.dtype == np.uint8 and str(found.scaling) == expected
        assert found.told[-1].startswith(f"elements as {expected if asked is None or '/' not in asked else asked}, ")
    as_they_are = met(BYTES, end(3, dtype="uint8"))
    assert (as_they_are.scaling, as_they_are.told) == (None, ("uint8 values as they are",))
    with pytest.raises(ModelError, match="does not tell"):
        met(BYTES, end(3, scale=0.3))


def test_a_mean_for_each_channel() -> None:
    found = met([[[255, 0, 51]]], end(1, 3, dtype="float32"), "0.5,0.5,0.2/0.5,0.25,0.1")
    assert found.values.tolist() == [[[1.0, -2.0, 0.0]]]
    with pytest.raises(DatasetError, match="is for 2 channels, the data have 3"):
        met([[[255, 0, 51]]], end(1, 3, dtype="float32"), "0.5,0.5/0.5,0.25")
    for wrong in ("0.5,0.5/0.5", "0.5/0", "1/2/3", "nan/1"):
        with pytest.raises(UsageError, match=f"--scale {wrong} is no range"):
            scaling.parse(wrong)


def test_whole_numbers_from_0_to_255_are_bytes_where_the_input_cannot_hold_them() -> None:
    found = met(BYTES.astype(np.int64), end(3, **UNIT))
    assert (found.values.tolist(), found.told) == (
        [[-128, -77, 127]],
        ("elements as 0..1, as the input's quantisation tells",),
    )
    found = met(BYTES.astype(np.float64), end(3, scale=1.0, zero_point=-128))
    assert (found.values.tolist(), found.told) == ([[-128, -77, 127]], ("numbers as real values",))


def test_numbers_that_are_scaled_otherwise_than_the_networks_are_refused() -> None:
    with pytest.raises(DatasetError, match="go from 0 to 1, the network's input holds 0 to 255") as caught:
        met(BYTES / 255, end(3, scale=1.0, zero_point=-128))
    assert "--scale real" in caught.value.hint
    assert met(BYTES / 255, end(3, scale=1.0, zero_point=-128), "0..255").values.tolist() == [[-128, -77, 127]]
    assert met([[-3e38, 0.0, 3e38]], end(3), "real").values.tolist() == [[-128, 0, 127]]
    assert met(BYTES / 255, end(3, scale=1.0, zero_point=-128), "real").values.tolist() == [[-128, -128, -127]]
    with pytest.raises(DatasetError, match=r"go from -3 to 3, the network's input holds -1\.004 to 0\.9961"):
        met([[-3.0, 0.5, 3.0]], end(3))
    (remark,) = met(BYTES / 255, end(3)).remarks
    assert "go from 0 to 1, the network's input holds -1.004 to 0.9961; --scale -1.0..1.0 spreads" in remark
    (remark,) = met([[-3.0, *[0.5] * 9]], end(10)).remarks
    assert "10.0% of them are clipped" in remark


def test_shapes_that_are_only_written_otherwise() -> None:
    square = np.zeros((2, 4, 3), np.int8)
    for shape, takes in (((2, 4, 3), (4, 3, 1)), ((2, 12), (4, 3)), ((2, 4, 3), (12,)), ((2, 1, 4, 3, 1), (4, 3))):
        found = met(square.reshape(shape), end(*takes))
        assert (found.values.shape, " taken as " in found.told[0]) == ((2, *takes), True)
    for shape, takes, hint in (
        ((2, 4, 3), (3, 4), "another order"),
        ((4, 3), (4, 3), "x[None]"),
        ((2, 5), (4,), "shape"),
    ):
        with pytest.raises(DatasetError, match=r"a sample is .*, the network takes") as caught:
            met(np.zeros(shape, np.int8), end(*takes))
        assert hint in caught.value.hint


def test_indices_of_words_stay_whole() -> None:
    assert met([[3.0, 70_000.0]], end(2, dtype="int32")).values.tolist() == [[3, 70_000]]
    with pytest.raises(DatasetError, match=r"x: sample 0 has 3\.5, the network takes int32"):
        met([[3.5]], end(1, dtype="int32"))
