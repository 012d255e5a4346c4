"""Element-wise int8 operators that TensorFlow Lite Micro has no kernel for, as tables of LiteRT's own answers.

Such an operator sees 256 inputs. LiteRT's reference kernel is asked for all of them, and CAST, ADD 128 and GATHER stand
in the operator's place: so the official interpreter computes the whole network, and all but those bytes are its own.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.tflite import schema

KINDS = ("EXP", "SQRT")
"""With an int8 kernel in LiteRT, and none in TensorFlow Lite Micro."""


def is_needed(tflite: bytes) -> bool:
    """Whether the network has such an operator."""
    return bool(_places(schema.unpacked(tflite)))


def with_tables(tflite: bytes) -> bytes:
    """The same network with tables in their place; the very bytes if it has none of them."""
    model = schema.unpacked(tflite)
    places = _places(model)
    if not places:
        return tflite
    for place in reversed(places):
        _replace(model, place)
    return schema.packed(model)


def _places(model: Any) -> list[int]:
    """Where in the first graph they stand."""
    int8 = schema.load().TensorType.INT8
    graph = model.subgraphs[0]
    return [
        place
        for place, operator in enumerate(graph.operators)
        if schema.kind(model, operator) in KINDS and graph.tensors[operator.inputs[0]].type == int8
    ]


def _replace(model: Any, place: int) -> None:
    """CAST to int32, ADD 128, GATHER from the table, for the operator at `place`."""
    types = schema.load()
    graph = model.subgraphs[0]
    operator = graph.operators[place]
    source, output = (graph.tensors[index] for index in (operator.inputs[0], operator.outputs[0]))
    table = _tensor(model, output, types.TensorType.INT8, (256,), _answers(model, operator))
    first = _tensor(model, None, types.TensorType.INT32, (1,), np.array([128], np.int32))
    index, shifted = (_tensor(model, None, types.TensorType.INT32, tuple(source.shape), None) for _ in range(2))
    cast, gather = types.CastOptionsT(), types.GatherOptionsT()
    cast.inDataType, cast.outDataType = types.TensorType.INT8, types.TensorType.INT32
    graph.operators[place : place + 1] = [
        _operator(model, "CAST", [operator.inputs[0]], index, ("CastOptions", cast)),
        _operator(model, "ADD", [index, first], shifted, ("AddOptions", types.AddOptionsT())),
        _operator(model, "GATHER", [table, shifted], operator.outputs[0], ("GatherOptions", gather)),
    ]


def _tensor(model: Any, like: Any, kind: int, shape: tuple[int, ...], data: npt.NDArray[Any] | None) -> int:
    """Add a tensor, quantised as `like` is, and return its index."""
    types = schema.load()
    tensor = types.TensorT()
    tensor.type, tensor.shape, tensor.buffer = kind, list(shape), 0
    tensor.quantization = None if like is None else copy.deepcopy(like.quantization)
    if data is not None:
        buffer = types.BufferT()
        buffer.data = np.frombuffer(data.tobytes(), np.uint8)
        tensor.buffer = len(model.buffers)
        model.buffers.append(buffer)
    tensors = model.subgraphs[0].tensors
    tensors.append(tensor)
    return len(tensors) - 1


def _operator(model: Any, kind: str, inputs: list[int], output: int, options: tuple[str, Any]) -> Any:
    types = schema.load()
    code = types.OperatorCodeT()
    code.builtinCode = getattr(types.BuiltinOperator, kind)
    code.deprecatedBuiltinCode, code.version = code.builtinCode, 1
    model.operatorCodes.append(code)
    operator = types.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = inputs, [output]
    operator.builtinOptionsType = getattr(types.BuiltinOptions, options[0])
    operator.builtinOptions = options[1]
    return operator


def _answers(model: Any, operator: Any) -> npt.NDArray[np.int8]:
    """LiteRT's answers to -128, -127 ... 127, from a network of this operator alone."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    types = schema.load()
    alone = types.ModelT()
    alone.version = model.version
    alone.buffers = [types.BufferT()]
    alone.operatorCodes = [copy.deepcopy(model.operatorCodes[operator.opcodeIndex])]
    graph = types.SubGraphT()
    graph.tensors = [copy.copy(model.subgraphs[0].tensors[i]) for i in (operator.inputs[0], operator.outputs[0])]
    for tensor in graph.tensors:
        tensor.shape, tensor.shapeSignature, tensor.buffer = [1, 256], None, 0
    only = copy.copy(operator)
    only.opcodeIndex, only.inputs, only.outputs = 0, [0], [1]
    graph.operators, graph.inputs, graph.outputs = [only], [0], [1]
    alone.subgraphs = [graph]
    interpreter = Interpreter(
        model_content=schema.packed(alone), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    everything = np.arange(-128, 128, dtype=np.int8).reshape(1, 256)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], everything)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), np.int8).reshape(256)
