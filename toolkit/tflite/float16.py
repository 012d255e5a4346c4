"""Weights that are stored as float16 and dequantised when the network runs, as the float32 that they stand for.

Every float16 is a float32 exactly, so the network computes the same. TensorFlow Lite Micro has no such DEQUANTIZE.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.tflite import schema


def widen(model: Any) -> bool:
    """Replace each DEQUANTIZE of a float16 constant by a float32 constant, in place; whether there was one."""
    types = schema.load().TensorType
    changed = False
    for graph in model.subgraphs:
        kept = []
        for operator in graph.operators:
            inputs, outputs = schema.listed(operator.inputs), schema.listed(operator.outputs)
            source = graph.tensors[inputs[0]] if len(inputs) == len(outputs) == 1 and inputs[0] >= 0 else None
            data = None if source is None else model.buffers[source.buffer].data
            if (
                schema.kind(model, operator) != "DEQUANTIZE"
                or source is None
                or source.type != types.FLOAT16
                or data is None
                or len(data) == 0
            ):
                kept.append(operator)
                continue
            wide = np.frombuffer(bytes(data), "<f2").astype("<f4").tobytes()
            target = graph.tensors[outputs[0]]
            target.shape, target.shapeSignature = source.shape, None
            target.buffer = len(model.buffers)
            model.buffers.append(schema.load().BufferT(data=np.frombuffer(wide, np.uint8)))
            changed = True
        graph.operators = kept
    return changed
