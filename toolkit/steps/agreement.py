"""At build: does TensorFlow Lite Micro, which every device is held against, compute what was trained?"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit import resources
from toolkit.artifacts import Agreement, DType, ElementType, from_jsonable, to_jsonable, write_atomically
from toolkit.errors import TinymlError
from toolkit.tflite.ends import ends_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from toolkit.artifacts import FloatModel

_VOICES = ("tflite_micro", "ai_edge_litert")


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
    third = _float32(floats) if dtype is DType.INT8 else None
    if not all(map(reference.is_installed, _VOICES)):
        return agreement.of(tflite, inputs, third)
    key = _key(tflite, third or b"", *(np.ascontiguousarray(each).tobytes() for each in inputs))
    return _kept(key, lambda: agreement.of(tflite, inputs, third))


def _key(*parts: bytes) -> str:
    """Over what is compared, what compares it, and the two interpreters."""
    from toolkit.reference import agreement

    versions = " ".join(importlib.metadata.version(each.replace("_", "-")) for each in _VOICES)
    digest = hashlib.sha256()
    for part in (Path(agreement.__file__).read_bytes(), versions.encode(), *parts):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:32]


def _kept(key: str, compare: Callable[[], Agreement]) -> Agreement:
    """What was found before of the same, from the user's cache; else what is found now, which goes there."""
    path = resources.cache() / "agreement" / f"{key}.json"
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        made: Agreement = from_jsonable(Agreement, json.loads(path.read_bytes()))
        return made
    made = compare()
    if not made.why_not:
        with contextlib.suppress(TinymlError):
            write_atomically(path, json.dumps(to_jsonable(made)).encode())
    return made


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
