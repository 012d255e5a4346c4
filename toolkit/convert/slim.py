"""Drops from a `.tflite` what no interpreter needs: names, signatures, metadata, calibration ranges.

In a network of 707 parameters they outweigh the weights. The computation is untouched: operators, tensors, scales
and constants stay as they are and in their order.
"""

from __future__ import annotations

from typing import Any

_DATA_ALIGNMENT = 16  # the schema's `force_align: 16` on Buffer.data; the Python writer does not honour it by itself


def slim(tflite: bytes) -> bytes:
    """The same network in a smaller file; all constant data aligned to 16 bytes from the start of the file.

    Tensors without data of their own share buffer 0, which the schema keeps empty. Equal constants share a buffer.
    """
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

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

    model = schema.ModelT.InitFromPackedBuf(tflite)
    places: dict[bytes, int] = {b"": 0}
    buffers = [AlignedBuffer()]
    for graph in model.subgraphs:
        graph.name = None
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            raw = b"" if data is None else bytes(data)
            if raw not in places:
                places[raw] = len(buffers)
                buffers.append(AlignedBuffer(data=raw))
            tensor.buffer = places[raw]
            tensor.name = None
            _slim_tensor(tensor)
    model.buffers = buffers
    model.description = None
    model.metadata = None
    model.metadataBuffer = None
    model.signatureDefs = None
    builder = flatbuffers.Builder(len(tflite))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _slim_tensor(tensor: Any) -> None:
    if tensor.shapeSignature is not None and list(tensor.shapeSignature) == list(tensor.shape):
        tensor.shapeSignature = None
    quantization = tensor.quantization
    if quantization is None:
        return
    quantization.min = None
    quantization.max = None
    if quantization.scale is None or len(quantization.scale) == 0:
        tensor.quantization = None
