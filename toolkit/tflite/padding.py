"""Has a PAD do the padding of SPACE_TO_BATCH_ND, which TensorFlow Lite Micro pads with whatever its memory holds.

Its kernel never sets the value that it pads with (tflite-micro#1646): zeros where the memory is fresh, rubbish where it
is not, and never an int8 zero point. PAD and a SPACE_TO_BATCH_ND without padding are the same by definition.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.tflite import schema

KIND = "SPACE_TO_BATCH_ND"


class UnknownPaddingError(Exception):
    """The padding is computed, or does not fit the input; the text is what there is to say of it."""


def split(model: Any) -> bool:
    """Do so in an unpacked model whose shapes are the true ones, in place; whether anything was to be done.

    Raises:
        UnknownPaddingError: what is padded cannot be told.
    """
    changed = False
    for graph in model.subgraphs:
        for place, operator in reversed(list(enumerate(graph.operators))):
            if schema.kind(model, operator) == KIND:
                changed |= _split(model, graph, place, operator)
    return changed


def _split(model: Any, graph: Any, place: int, operator: Any) -> bool:
    inputs = schema.listed(operator.inputs)
    if len(inputs) != 3 or min(inputs) < 0:
        raise UnknownPaddingError(f"{KIND} (operator {place}) has inputs {inputs}")
    source, amounts = graph.tensors[inputs[0]], _constant(model, graph.tensors[inputs[2]])
    shape = schema.listed(source.shape)
    if amounts is None or amounts.ndim != 2 or amounts.shape[1] != 2 or amounts.shape[0] >= len(shape):
        raise UnknownPaddingError(f"{KIND} (operator {place}) pads by what is computed")
    if not amounts.any():
        return False
    every = np.zeros((len(shape), 2), np.int32)
    every[1 : 1 + len(amounts)] = amounts
    padded = copy.copy(source)
    padded.name, padded.buffer, padded.shapeSignature = None, 0, None
    padded.shape = [size + int(before) + int(after) for size, (before, after) in zip(shape, every, strict=True)]
    middle = _add(graph, padded)
    pads = _add_constant(model, graph, every)
    operator.inputs = [middle, inputs[1], _add_constant(model, graph, np.zeros_like(amounts))]
    pad = schema.load().OperatorT()
    pad.opcodeIndex = _code(model)
    pad.inputs, pad.outputs = [inputs[0], pads], [middle]
    pad.builtinOptionsType = schema.load().BuiltinOptions.PadOptions
    pad.builtinOptions = schema.load().PadOptionsT()
    graph.operators.insert(place, pad)
    return True


def _constant(model: Any, tensor: Any) -> npt.NDArray[np.int32] | None:
    data = model.buffers[tensor.buffer].data
    if data is None or len(data) == 0 or tensor.type != schema.load().TensorType.INT32:
        return None
    return np.frombuffer(bytes(data), "<i4").reshape(schema.listed(tensor.shape))


def _add(graph: Any, tensor: Any) -> int:
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _add_constant(model: Any, graph: Any, value: npt.NDArray[np.int32]) -> int:
    tensor = schema.load().TensorT()
    tensor.type, tensor.shape, tensor.buffer = schema.load().TensorType.INT32, list(value.shape), len(model.buffers)
    model.buffers.append(schema.load().BufferT(data=np.frombuffer(value.astype("<i4").tobytes(), np.uint8)))
    return _add(graph, tensor)


def _code(model: Any) -> int:
    """The place of PAD among the operator codes; the version that has int8."""
    code = schema.load().OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.load().BuiltinOperator.PAD
    code.version = 2
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
