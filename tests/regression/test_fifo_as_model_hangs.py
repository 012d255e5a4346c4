"""A FIFO or /dev/zero given as the model was read for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from toolkit import models
from toolkit.artifacts import DType
from toolkit.errors import ModelError

pytestmark = pytest.mark.timeout(20)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "net.tflite")
    with pytest.raises(ModelError, match="is no regular file"):
        models.resolve(str(tmp_path / "net.tflite"), DType.INT8, tmp_path)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "/dev/random"])
def test_a_device_is_refused_at_once(tmp_path: Path, device: str) -> None:
    if not Path(device).exists():
        pytest.skip("it is not here")
    with pytest.raises(ModelError, match=r"is no regular file|cannot be read|is empty"):
        models.resolve(device, DType.INT8, tmp_path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").mkdir()
    with pytest.raises(ModelError, match="is a folder"):
        models.resolve(str(tmp_path / "net.tflite"), DType.INT8, tmp_path)
