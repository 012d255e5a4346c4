"""Models to try the tflm room on: the shipped ones, and variations of them that it must refuse."""

from __future__ import annotations

from typing import Any

import flatbuffers
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from toolkit import resources


def shipped(name: str) -> bytes:
    """A file of the shipped model `proposed`: "int8", "int8_per_tensor" or "float32"."""
    return (resources.models() / "proposed" / f"proposed_{name}.tflite").read_bytes()


def with_operator(tflite: bytes, old: str, new: str, custom: bytes | None = None) -> bytes:
    """The model with one operator called otherwise: no network any more, but a file that names it."""
    model: Any = schema.ModelT.InitFromPackedBuf(tflite)
    for code in model.operatorCodes:
        if max(code.builtinCode, code.deprecatedBuiltinCode) == getattr(schema.BuiltinOperator, old):
            code.builtinCode = getattr(schema.BuiltinOperator, new)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            code.customCode = custom
    return _packed(model)


def with_schema_version(tflite: bytes, version: int) -> bytes:
    """The same model in a file that says it is of another version of the schema."""
    model: Any = schema.ModelT.InitFromPackedBuf(tflite)
    model.version = version
    return _packed(model)


def _packed(model: Any) -> bytes:
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
