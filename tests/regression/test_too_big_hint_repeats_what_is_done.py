"""\"try --dtype int8, --optimise size\", said of an int8 firmware that was built for size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tflite import files
from toolkit import board as boards
from toolkit import models
from toolkit.artifacts import DType, Runtime
from toolkit.errors import DoesNotFitError
from toolkit.runtimes import engines

NRF = boards.load("mps2-an386")


def hint(model: str, dtype: DType, runtime: Runtime, optimise: str, folder: Path) -> str:
    found = models.resolve(model, dtype, folder)
    with pytest.raises(DoesNotFitError, match="by 5 bytes") as caught, engines.fitting(NRF, runtime, found, optimise):
        raise DoesNotFitError("too big by 5 bytes", "try everything")
    return caught.value.hint


def test_only_what_is_left_is_said(tmp_path: Path) -> None:
    done = hint("proposed", DType.INT8, Runtime.AOT, "size", tmp_path)
    assert done == "a smaller model (tinyml models) or a larger board (tinyml boards)"
    assert "--optimise size" in hint("proposed", DType.INT8, Runtime.AOT, "speed", tmp_path)
    assert "--dtype int8" in hint("proposed", DType.FLOAT32, Runtime.AOT, "size", tmp_path)
    assert "--runtime aot" in hint("proposed", DType.INT8, Runtime.TFLM, "size", tmp_path)


def test_a_users_own_file_has_no_other_type(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(files.unary("ELU", dtype="float32"))
    said = hint(str(path), DType.FLOAT32, Runtime.TFLM, "size", tmp_path)
    assert "--dtype" not in said
    assert "converted to int8" in said
    # aot has no ELU.
    assert "--runtime" not in said
