"""Builds .tflite files directly from the schema, so that tests choose every shape and scale and need no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

_TYPES = {
    kind: getattr(schema.TensorType, kind.upper())
    for kind in ("int8", "uint8", "int16", "int32", "int64", "float32", "bool")
}
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


class Graph:
    """A network under construction. Tensors are indices; `file()` gives the bytes."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.model.description = "made by a test"
        self.graph = schema.SubGraphT()
        self.graph.tensors = []
        self.graph.operators = []
        self.graph.inputs = []
        self.graph.outputs = []
        self.model.subgraphs = [self.graph]

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: float | Sequence[float] | None = None,
        zero_point: int = 0,
        axis: int = 0,
        data: NDArray[Any] | None = None,
    ) -> int:
        """Adds a tensor and returns its index; `scale` None leaves it without quantisation."""
        tensor = schema.TensorT()
        tensor.name = f"t{len(self.graph.tensors)}".encode()
        tensor.shape = list(shape)
        tensor.type = _TYPES[dtype]
        tensor.buffer = 0
        if scale is not None:
            scales = [float(s) for s in np.atleast_1d(np.asarray(scale, np.float32))]
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = [zero_point] * len(scales)
            tensor.quantization.quantizedDimension = axis
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], options: str = "", **values: Any
    ) -> None:
        """Adds an operator; `options` names its options table, `values` its members in the schema's own spelling."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = 1
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes)
        self.model.operatorCodes.append(code)
        operator.inputs = list(inputs)
        operator.outputs = list(outputs)
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, options + "T")()
            for name, value in values.items():
                assert hasattr(operator.builtinOptions, name), f"{options} has no {name}"
                setattr(operator.builtinOptions, name, value)
        self.graph.operators.append(operator)

    def file(self, source: int | Sequence[int], output: int | Sequence[int]) -> bytes:
        """The .tflite, with one input and output or several."""
        self.graph.inputs = [source] if isinstance(source, int) else list(source)
        self.graph.outputs = [output] if isinstance(output, int) else list(output)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def activation(name: str) -> int:
    """The schema's number of a fused activation."""
    return int(getattr(schema.ActivationFunctionType, name))


def padding(same: bool) -> int:
    """The schema's number of SAME or VALID."""
    return int(schema.Padding.SAME if same else schema.Padding.VALID)


def out_size(size: int, kernel: int, stride: int, dilation: int, same: bool) -> int:
    """Positions of a window along one axis."""
    return -(-size // stride) if same else (size - (kernel - 1) * dilation - 1) // stride + 1
