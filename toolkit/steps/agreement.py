"""At build: does TensorFlow Lite Micro, which every device is held against, compute what was trained?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.artifacts import Agreement, DType, ElementType
from toolkit.tflite.ends import ends_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from toolkit.artifacts import FloatModel


def begin(path: Path, dtype: DType, *, known: bool, floats: FloatModel | None) -> Callable[[], Agreement]:
    """Start holding TFLM against LiteRT beside the compiler; the function that is returned waits for the result.

    Args:
        path: the model.
        dtype: of its input.
        known: it is one of ours, and no interpreter dies of it.
        floats: the float32 network that it was made of, which is the third voice.
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    found = pool.submit(_compare, path, dtype, known, floats)
    pool.shutdown(wait=False)
    return found.result


def _compare(path: Path, dtype: DType, known: bool, floats: FloatModel | None) -> Agreement:
    from toolkit import reference
    from toolkit.errors import TinymlError
    from toolkit.reference import agreement

    try:
        tflite = path.read_bytes()
        if not known:  # of unknown origin: the interpreter aborts on some absurd files, and would end this process
            reference.probe(path)
        inputs = _sample(tflite)
    except TinymlError as caught:
        return Agreement(ElementType(dtype), why_not=caught.message)
    except OSError as caught:
        return Agreement(ElementType(dtype), why_not=f"the model cannot be read again: {caught.strerror}")
    return agreement.of(tflite, inputs, _float32(floats) if dtype is DType.INT8 else None)


def _float32(floats: FloatModel | None) -> bytes | None:
    from toolkit.errors import ModelError

    try:
        return None if floats is None else floats.read()
    except ModelError:
        return None


def _sample(tflite: bytes) -> tuple[npt.NDArray[Any], ...]:
    """Some of what is sent by default, without a download."""
    from toolkit import data, reference
    from toolkit.reference import agreement

    io = ends_of(tflite)
    samples = data.at_hand(io.inputs, io.outputs, agreement.MOST_INPUTS)
    return reference.inputs_of(tflite, samples.inputs, samples.scaling)
