"""`--float`: the float32 network beside a .tflite, and what it is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.reference.test_loss import SCALE, _network
from toolkit import board as boards
from toolkit.artifacts import DType, Runtime
from toolkit.data import Samples
from toolkit.data.scaling import Scaling
from toolkit.errors import ModelError, UsageError
from toolkit.listener import SILENT
from toolkit.steps import cost, sources
from toolkit.steps.build import Request
from toolkit.tflite.ends import ends_of, join

INT8, FLOAT32 = ends_of(_network("int8")), ends_of(_network("float32"))


def _set(samples: Samples, rows: np.ndarray, again: Samples | None) -> cost._Set:
    return cost._set(None, samples, rows, INT8, FLOAT32, again)  # type: ignore[arg-type]


def test_the_float_network_is_given_the_users_numbers_only_if_the_device_was_sent_these() -> None:
    stored = np.arange(-40, 40, dtype=np.int8).reshape(10, 8)
    rows = join(INT8.inputs, [stored])
    raw = Samples("raw", (stored,))
    users = (stored * SCALE + 0.3 * SCALE).astype(np.float32)  # rounds to what was sent
    found = _set(raw, rows, Samples("again", (users,)))
    assert found.exact
    np.testing.assert_array_equal(found.real[0], users)
    for wrong in (None, Samples("again", (stored.astype(np.float32),)), Samples("again", (users[:5],))):
        found = _set(raw, rows, wrong)
        assert not found.exact
        np.testing.assert_array_equal(found.real[0], (stored * SCALE).astype(np.float32))


def test_pixels_are_what_they_stand_for() -> None:
    pixels = np.arange(80, dtype=np.uint8).reshape(10, 8)
    rows = join(INT8.inputs, [np.zeros((10, 8), np.int8)])
    found = _set(Samples("pixels", (pixels,), scaling=Scaling(0.0, 1.0)), rows, None)
    assert found.exact
    np.testing.assert_array_equal(found.real[0], pixels.astype(np.float32) / np.float32(255))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("int8", "float32"):
        Path(f"{name}.tflite").write_bytes(_network(name))
    return tmp_path


def _resolve(folder: Path, model: str, floats: str, dtype: DType = DType.INT8) -> object:
    toolchain = boards.load("host").toolchains(None, Runtime.AOT)[0]
    request = Request("host", model, dtype, float_model=floats, workspace=folder)
    return sources.resolve(request, toolchain, Runtime.AOT, SILENT)[1]


def test_a_float32_tflite_will_do(folder: Path) -> None:
    found = _resolve(folder, "int8.tflite", "float32.tflite")
    assert getattr(found, "name", "") == "float32.tflite"


def test_what_is_not_the_same_network_is_one_line(folder: Path) -> None:
    from tests.tflite import files

    Path("other.tflite").write_bytes(files.unary("RELU", dtype="float32"))
    with pytest.raises(ModelError, match=r"other\.tflite takes .*, int8 \[8\]: these are two networks"):
        _resolve(folder, "int8.tflite", "other.tflite")
    with pytest.raises(ModelError, match="takes int8, not float32"):
        _resolve(folder, "int8.tflite", "int8.tflite")
    with pytest.raises(UsageError, match="--float is for an int8 network"):
        _resolve(folder, "float32.tflite", "float32.tflite", DType.FLOAT32)
