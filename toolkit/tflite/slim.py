"""Drops from a `.tflite` what no interpreter needs: names, signatures, metadata, calibration ranges.

In a network of 707 parameters they outweigh the weights. The computation is untouched: operators, tensors, scales
and constants stay as they are and in their order.
"""

from __future__ import annotations

from typing import Any

from toolkit.tflite import schema


def slim(tflite: bytes) -> bytes:
    """The same network in a smaller file; all constant data aligned to 16 bytes from the start of the file.

    Tensors without data of their own share buffer 0, which the schema keeps empty. Equal constants share a buffer.
    """
    kind = schema.load().BufferT
    model = schema.unpacked(tflite)
    places: dict[bytes, int] = {b"": 0}
    buffers = [kind()]
    for graph in model.subgraphs:
        graph.name = None
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            raw = b"" if data is None else bytes(data)
            if raw not in places:
                places[raw] = len(buffers)
                buffers.append(kind(data=raw))
            tensor.buffer = places[raw]
            tensor.name = None
            _slim_tensor(tensor)
    model.buffers = buffers
    model.description = None
    model.metadata = None
    model.metadataBuffer = None
    model.signatureDefs = None
    return schema.packed(model, len(tflite))


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
