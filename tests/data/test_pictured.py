"""What a sample is drawn as, by its shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.artifacts import ElementType, TensorSpec
from toolkit.data import choose
from toolkit.data.pictured import Form, pictured
from toolkit.selection import Selection


@pytest.mark.parametrize(
    ("sample", "dtype", "form"),
    [
        ((28, 28), "uint8", Form.IMAGE),
        ((28, 28), "float32", Form.IMAGE),
        ((96, 96, 1), "int8", Form.IMAGE),
        ((96, 96, 3), "int8", Form.IMAGE),
        ((120, 160, 1), "float32", Form.IMAGE),
        ((49, 10, 1), "int8", Form.SPECTROGRAM),
        ((49, 40), "float32", Form.SPECTROGRAM),
        ((49, 10), "uint8", Form.IMAGE),
        ((40, 490), "float32", Form.SPECTROGRAM),
        ((128, 3), "float32", Form.WAVE),
        ((128, 1, 3), "int8", Form.WAVE),
        ((3, 128), "float32", Form.WAVE),
        ((640,), "float32", Form.WAVE),
        ((16000, 1), "int8", Form.WAVE),
        ((10,), "float32", Form.BARS),
        ((1, 1, 10), "uint8", Form.BARS),
        ((), "float32", Form.BARS),
        ((20, 6, 7, 8), "float32", Form.SPECTROGRAM),
    ],
)
def test_the_shape_tells(sample: tuple[int, ...], dtype: str, form: Form) -> None:
    how = pictured(sample, np.dtype(dtype))
    assert how.form is form
    values = np.arange(int(np.prod(sample))).reshape(sample)
    plane = how.plane(values)
    assert plane.size == values.size
    if form in (Form.IMAGE, Form.SPECTROGRAM):
        assert plane.shape[:2] == how.size
    if form is Form.WAVE:
        assert plane.shape[0] > plane.shape[1]


def test_the_task_knows_better() -> None:
    how = pictured((784,), np.dtype(np.float32), (28, 28))
    assert (how.form, how.size) == (Form.IMAGE, (28, 28))
    assert pictured((12,), np.dtype(np.uint8), (2, 2, 3)).shape == (2, 2, 3)
    assert pictured((49, 10), np.dtype(np.int8), (49, 10, 1)).shape == (49, 10)


def test_time_goes_to_the_right_and_frequency_up() -> None:
    values = np.zeros((49, 10))
    values[48, 0] = 1  # the last moment, the lowest band
    how = pictured((49, 10), values.dtype)
    assert how.size == (10, 49)
    assert how.plane(values)[9, 48] == 1
    channels_first = pictured((3, 128), values.dtype).plane(np.arange(384.0))
    assert channels_first[:, 0].tolist() == list(range(128))


@pytest.mark.parametrize(
    ("has", "takes", "form"),
    [
        ((28, 28), (1, 784), Form.IMAGE),
        ((49, 10), (1, 490), Form.SPECTROGRAM),
        ((490,), (1, 49, 10, 1), Form.SPECTROGRAM),
        ((490,), (1, 490), Form.WAVE),
    ],
)
def test_a_flat_input_is_drawn_as_the_user_has_it(
    tmp_path: Path, has: tuple[int, ...], takes: tuple[int, ...], form: Form
) -> None:
    random = np.random.default_rng(1)
    np.save(tmp_path / "x.npy", random.uniform(0, 1, (5, *has)).astype(np.float32))
    ends = [TensorSpec("t", shape, ElementType.FLOAT32, 0.0, 0) for shape in (takes, (1, 2))]
    chosen = choose((ends[0],), (ends[1],), Selection(data=tmp_path / "x.npy"))
    assert chosen.sets[0].pictured().form is form
