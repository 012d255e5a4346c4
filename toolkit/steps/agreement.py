"""At build: does TensorFlow Lite Micro, which every device is held against, compute what was trained?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.artifacts import Agreement, DType, ElementType
from toolkit.tflite.ends import ends_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from toolkit.models import StoredModel


def begin(path: Path, dtype: DType, stored: StoredModel | None) -> Callable[[], Agreement]:
    """Start holding TFLM against LiteRT beside the compiler; the function that is returned waits for the result.

    Args:
        path: the model.
        dtype: of its input.
        stored: the trained model that it belongs to, whose float32 file is the third voice.
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    found = pool.submit(_compare, path, dtype, stored)
    pool.shutdown(wait=False)
    return found.result


def _compare(path: Path, dtype: DType, stored: StoredModel | None) -> Agreement:
    from toolkit import reference
    from toolkit.errors import TinymlError
    from toolkit.reference import agreement

    try:
        tflite = path.read_bytes()
        if stored is None:  # of unknown origin: the interpreter aborts on some absurd files, and would end this process
            reference.probe(path)
        inputs = _sample(tflite)
    except TinymlError as caught:
        return Agreement(ElementType(dtype), why_not=caught.message)
    except OSError as caught:
        return Agreement(ElementType(dtype), why_not=f"the model cannot be read again: {caught.strerror}")
    return agreement.of(tflite, inputs, _float32(stored) if dtype is DType.INT8 else None)


def _float32(stored: StoredModel | None) -> bytes | None:
    from toolkit import models

    if stored is None:
        return None
    file = stored.folder / models.file_name(stored.card.name, DType.FLOAT32)
    return file.read_bytes() if file.is_file() else None


def _sample(tflite: bytes) -> tuple[npt.NDArray[Any], ...]:
    """Some of what is sent by default, without a download."""
    from toolkit import data, reference
    from toolkit.reference import agreement

    io = ends_of(tflite)
    samples = data.at_hand(io.inputs, io.outputs, agreement.MOST_INPUTS)
    return reference.inputs_of(tflite, samples.inputs, samples.scaling)
