"""SavedModels: the folders that `model.export` and `tf.saved_model.save` write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.artifacts import DType
from toolkit.convert import lite
from toolkit.convert.lite import Arrays
from toolkit.convert.network import FIXED, Network, fixed
from toolkit.errors import ModelError
from toolkit.quiet_tensorflow import load_tensorflow, quiet

PACKAGES = ("tensorflow",)

_SIGNATURE = "serving_default"


def suits(path: Path) -> bool:
    """A folder with the file that each of them has."""
    return any((path / name).is_file() for name in ("saved_model.pb", "saved_model.pbtxt"))


def load(path: Path) -> Network:
    """Its signature `serving_default`, or the only one.

    Raises:
        ModelError: it is damaged, has no such signature, or no input of a fixed shape.
    """
    load_tensorflow()
    import tensorflow as tf

    try:
        with quiet():
            loaded = tf.saved_model.load(str(path))
    except Exception as caught:  # whatever is in a folder of the user's
        raise ModelError(f"{path} cannot be loaded: {lite.reason(caught)}", "save it again") from caught
    signatures = dict(loaded.signatures)
    signature = signatures.get(_SIGNATURE) or (next(iter(signatures.values())) if len(signatures) == 1 else None)
    if signature is None:
        raise ModelError(
            f"{path} has {len(signatures)} signatures, none called {_SIGNATURE}", "model.export(folder) writes one"
        )
    return _network(loaded, signature, path.name)


def _network(loaded: Any, signature: Any, name: str) -> Network:
    import tensorflow as tf

    specs = signature.structured_input_signature[1]
    found = {}
    for key, spec in specs.items():
        if spec.shape.rank is None:
            raise ModelError(f"{name}: the input {key} has any shape", "save it with a signature of fixed shape")
        found[key] = fixed(tuple(spec.shape), name, key)

    def make(dtype: DType, calibration: Arrays, per_tensor_dense: bool) -> bytes:
        named = dtype is DType.FLOAT32
        held = loaded  # its variables live as long as it does
        given = {key: tf.TensorSpec(found[key][0], spec.dtype, name=key) for key, spec in specs.items()}
        with quiet():
            function = tf.function(lambda **tensors: held.signatures and signature(**tensors))
            concrete = function.get_concrete_function(**given)
            return lite.from_concrete(
                concrete, name, dtype, calibration, per_tensor_dense=per_tensor_dense, named=named
            )

    return Network(make, (FIXED,) if any(free for _, free in found.values()) else ())
