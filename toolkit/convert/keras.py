"""Keras models: `.keras`, and HDF5 (`.h5`)."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from toolkit.artifacts import DType
from toolkit.convert import lite
from toolkit.convert.lite import Arrays
from toolkit.convert.network import FIXED, Network, fixed
from toolkit.errors import ModelError
from toolkit.quiet_tensorflow import load_tensorflow, quiet

PACKAGES = ("tensorflow", "keras")

_HDF5 = b"\x89HDF\r\n\x1a\n"
_OWN = re.compile(r"Could not locate (?:class|function) '([^']+)'|Unknown \w+: '?([\w>.]+)'?")
_EXPORTED = 'in your own code model.export("folder") makes a SavedModel, which needs none of it: --model folder'


def suits(path: Path) -> bool:
    """By its first bytes, or by what is in the archive."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(8)
    if head == _HDF5 or not head.startswith(b"PK"):
        return head == _HDF5
    try:
        with zipfile.ZipFile(path) as archive:
            return {"config.json", "model.weights.h5"} <= set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError):
        return False


def load(path: Path) -> Network:
    """The model, without its optimiser and loss; code in the file is not run.

    Raises:
        ModelError: it is damaged, has layers that are only in the user's own code, or no fixed input.
    """
    load_tensorflow()
    import keras

    try:
        with quiet():
            model = keras.models.load_model(path, compile=False)
    except Exception as caught:  # whatever is in a file of the user's
        raise _refused(path, caught) from caught
    return of(model, path.name)


def of(model: Any, name: str) -> Network:
    """A Keras model as a network.

    Raises:
        ModelError: it has no input of a fixed shape.
    """
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise ModelError(f"{name} has no input yet: nothing tells its shape", "call it once, and save it again")
    found = [fixed(tuple(each.shape), name, each.name) for each in inputs]

    def make(dtype: DType, calibration: Arrays, per_tensor_dense: bool) -> bytes:
        named = dtype is DType.FLOAT32
        import tensorflow as tf

        specs = [
            tf.TensorSpec(shape, each.dtype, name=_plain(each.name))
            for each, (shape, _) in zip(inputs, found, strict=True)
        ]
        with quiet():
            single = len(specs) == 1
            function = tf.function(lambda *given: model(given[0] if single else list(given), training=False))
            return lite.from_concrete(
                function.get_concrete_function(*specs),
                name,
                dtype,
                calibration,
                per_tensor_dense=per_tensor_dense,
                named=named,
            )

    return Network(make, (FIXED,) if any(free for _, free in found) else ())


def _plain(name: str) -> str:
    """A tensor's name as TensorFlow takes it."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name).lstrip("_.-") or "input"


def _refused(path: Path, caught: Exception) -> ModelError:
    own = _OWN.search(str(caught))
    if own is not None:
        what = (own[1] or own[2]).rpartition(">")[2]
        return ModelError(f"{path.name} has {what}, which is no layer or function of Keras' own", _EXPORTED)
    if "Lambda" in str(caught) and "safe_mode" in str(caught):
        return ModelError(f"{path.name} has a Lambda layer: Python code, which is not run out of a file", _EXPORTED)
    return ModelError(f"{path.name} cannot be loaded: {lite.reason(caught)}", "save it again with a current Keras")
