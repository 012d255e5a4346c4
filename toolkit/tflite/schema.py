"""The schema's object form of a .tflite, for rewriting it. Describe a file first: unpacking checks nothing."""

from __future__ import annotations

import importlib.util
from typing import Any

from toolkit.errors import ToolError
from toolkit.tflite.description import IDENTIFIER, kind_of

_DATA_ALIGNMENT = 16  # the schema's `force_align: 16` on Buffer.data; the Python writer does not honour it by itself


def load() -> Any:
    """The generated schema: LiteRT's, or TensorFlow's own.

    Raises:
        ToolError: neither is installed; for an Intel Mac neither has a wheel.
    """
    if importlib.util.find_spec("ai_edge_litert") is not None:
        from ai_edge_litert import schema_py_generated as schema
    elif importlib.util.find_spec("tensorflow") is not None:
        from tensorflow.lite.python import schema_py_generated as schema
    else:
        raise ToolError(
            "this network has to be rewritten first, which takes the schema of LiteRT or TensorFlow",
            "install one of them, where it has a wheel (tinyml doctor), or prepare the network on such a computer",
        )
    return schema


def unpacked(tflite: bytes) -> Any:
    """The file as a tree of objects."""
    return load().ModelT.InitFromPackedBuf(tflite)


def packed(model: Any, size: int = 1024) -> bytes:
    """The bytes of such a tree; `size` is a first guess. Constant data is aligned to 16 bytes from the file's start."""
    import flatbuffers

    schema: Any = load()

    class AlignedBuffer(schema.BufferT):  # type: ignore[misc]  # generated code without types
        def Pack(self, builder: Any) -> Any:  # noqa: N802  # the generated code's name
            data = None
            if self.data is not None and len(self.data) > 0:
                raw = bytes(self.data)
                builder.StartVector(1, len(raw), _DATA_ALIGNMENT)
                builder.head -= len(raw)
                builder.Bytes[builder.head : builder.head + len(raw)] = raw
                data = builder.EndVector()
            schema.BufferStart(builder)
            if data is not None:
                schema.BufferAddData(builder, data)
            return schema.BufferEnd(builder)

    model.buffers = [AlignedBuffer(data=buffer.data) for buffer in model.buffers]
    builder = flatbuffers.Builder(size)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def kind(model: Any, operator: Any) -> str:
    """The operator's name in the schema; "CUSTOM" for every custom one."""
    code = model.operatorCodes[operator.opcodeIndex]
    return kind_of(code.builtinCode, code.deprecatedBuiltinCode)


def listed(vector: Any) -> list[int]:
    """A vector of integers; the object form has None for one that is absent."""
    return [] if vector is None else [int(each) for each in vector]
