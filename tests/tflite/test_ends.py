"""Several inputs and outputs as rows of bytes, and what their bytes stand for."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.artifacts import ElementType, TensorSpec
from toolkit.artifacts.base import from_jsonable, to_jsonable
from toolkit.tflite import ends

IMAGE = TensorSpec("image", (1, 2, 3), ElementType.UINT8, 0.5, 10)
STATE = TensorSpec("state", (4, 2), ElementType.INT16, 0.25, 0)
REAL = TensorSpec("real", (1, 2), ElementType.FLOAT32, 0.0, 0)
COUNT = TensorSpec("count", (), ElementType.INT32, 0.0, 0)
FLAG = TensorSpec("flag", (1, 3), ElementType.BOOL, 0.0, 0)
ALL = (IMAGE, STATE, REAL, COUNT, FLAG)


def _arrays(count: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(3)
    return (
        rng.integers(0, 256, (count, 2, 3)).astype(np.uint8),
        rng.integers(-32768, 32768, (count, 4, 2)).astype(np.int16),
        rng.normal(size=(count, 2)).astype(np.float32),
        rng.integers(-9, 9, count).astype(np.int32),
        rng.integers(0, 2, (count, 3)).astype(np.bool_),
    )


def test_a_row_is_the_tensors_bytes_one_after_the_other() -> None:
    arrays = _arrays(5)
    rows = ends.join(ALL, arrays)
    assert rows.shape == (5, 6 + 16 + 8 + 4 + 3) == (5, ends.size_bytes(ALL))
    assert rows[2].tobytes() == b"".join(array[2].tobytes() for array in arrays)
    for spec, part, array in zip(ALL, ends.split(ALL, rows), arrays, strict=True):
        np.testing.assert_array_equal(spec.stored(part), array)
        assert spec.stored(part).dtype == array.dtype


def test_real_values() -> None:
    assert IMAGE.sample == (2, 3)
    assert STATE.sample == (4, 2)  # no batch
    assert COUNT.sample == ()
    real = IMAGE.real(np.array([[10, 11, 0, 255, 12, 9]], np.uint8))
    np.testing.assert_array_equal(real, [[[0, 0.5, -5], [122.5, 1, -0.5]]])
    assert real.dtype == np.float64
    values = np.array([[1.5, -2.5]], np.float32)
    np.testing.assert_array_equal(REAL.real(values.view(np.uint8)), values)


def test_what_does_not_fit_is_refused() -> None:
    rows = ends.join(ALL, _arrays(2))
    with pytest.raises(ValueError, match="a row has 36 bytes, the tensors 37"):
        ends.split(ALL, rows[:, :-1])
    with pytest.raises(ValueError, match="image: int16"):
        ends.join((IMAGE,), (np.zeros((1, 2, 3), np.int16),))
    with pytest.raises(ValueError, match=r"image: uint8 \(1, 7\)"):
        ends.join((IMAGE,), (np.zeros((1, 7), np.uint8),))


def test_as_json() -> None:
    assert [from_jsonable(TensorSpec, to_jsonable(spec)) for spec in ALL] == list(ALL)
    assert to_jsonable(STATE)["dtype"] == "int16"
