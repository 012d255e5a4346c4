"""Small .tflite files with what the plain builder of graphs does not make: free batches and other types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from tests.compiler.graphs import Graph, padding

RNG = np.random.default_rng(11)


def weights(*shape: int) -> NDArray[np.float32]:
    """Some float32."""
    return RNG.normal(size=shape).astype(np.float32)


def integers(g: Graph, *values: Any) -> int:
    """A constant int32 tensor."""
    data = np.array(values[0] if len(values) == 1 else values, np.int32)
    return g.tensor(data.shape, "int32", data=data)


def free(g: Graph, *tensors: int) -> None:
    """Leave the first dimension of some tensors free, as a converter does that is not told the batch."""
    for index in tensors:
        tensor = g.graph.tensors[index]
        tensor.shapeSignature = [-1, *tensor.shape[1:]]


def retype(g: Graph, index: int, kind: str, data: NDArray[Any] | None = None) -> None:
    """Give a tensor a type that the builder does not know, such as "UINT8"."""
    tensor = g.graph.tensors[index]
    tensor.type = getattr(schema.TensorType, kind)
    if data is not None:
        tensor.buffer = len(g.model.buffers)
        g.model.buffers.append(schema.BufferT(data=np.frombuffer(data.tobytes(), np.uint8)))


def packed(g: Graph, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
    """The file, with any number of ends."""
    g.graph.inputs, g.graph.outputs = list(inputs), list(outputs)
    builder = flatbuffers.Builder(1024)
    builder.Finish(g.model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def dilated() -> bytes:
    """A dilated convolution with a free batch: behind SPACE_TO_BATCH_ND [1, 6, 6, 2] is stored, for [4, 6, 6, 2]."""
    g = Graph()
    source = g.tensor((1, 8, 8, 2), "float32")
    blocks, spread, output = (g.tensor((1, *s), "float32") for s in ((6, 6, 2), (4, 4, 3), (8, 8, 3)))
    block, pads, crops = integers(g, 2, 2), integers(g, [[2, 2], [2, 2]]), integers(g, [[0, 0], [0, 0]])
    kernel, bias = (
        g.tensor((3, 3, 3, 2), "float32", data=weights(3, 3, 3, 2)),
        g.tensor((3,), "float32", data=weights(3)),
    )
    free(g, source, blocks, spread, output)
    g.operator("SPACE_TO_BATCH_ND", [source, block, pads], [blocks], "SpaceToBatchNDOptions")
    options = {"padding": padding(same=False), "strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    g.operator("CONV_2D", [blocks, kernel, bias], [spread], "Conv2DOptions", **options)
    g.operator("BATCH_TO_SPACE_ND", [spread, block, crops], [output], "BatchToSpaceNDOptions")
    return g.file(source, output)


def rows(dtype: str = "int8") -> bytes:
    """A dense layer on each row of a sequence with a free batch, as Keras 3 writes it: [1, 5, 12] -> [1, 5, 3]."""
    g = Graph()
    scale = 0.05 if dtype == "int8" else None
    source, flat = g.tensor((1, 5, 12), dtype, scale), g.tensor((1, 1), dtype, scale)
    dense, output = g.tensor((1, 3), dtype, scale), g.tensor((1, 5, 3), dtype, scale)
    data = RNG.integers(-127, 128, (3, 12)).astype(np.int8) if dtype == "int8" else weights(3, 12)
    kernel = g.tensor((3, 12), dtype, 0.01 if dtype == "int8" else None, data=data)
    free(g, source, flat, dense, output)
    g.graph.tensors[flat].shapeSignature = [-1, -1]
    shape, first, count, last = (g.tensor(s, "int32") for s in ((3,), (2,), (), (1,)))
    inner, target, unflat = g.tensor((), "int32"), g.tensor((2,), "int32"), g.tensor((3,), "int32")
    zero = integers(g, [0])
    g.operator("SHAPE", [source], [shape], "ShapeOptions", outType=int(schema.TensorType.INT32))
    g.operator("GATHER", [shape, integers(g, 0, 1)], [first], "GatherOptions")
    g.operator("REDUCE_PROD", [first, zero], [count], "ReducerOptions")
    g.operator("CONCATENATION", [first, integers(g, [3])], [unflat], "ConcatenationOptions")
    g.operator("GATHER", [shape, integers(g, [2])], [last], "GatherOptions")
    g.operator("REDUCE_PROD", [last, zero], [inner], "ReducerOptions")
    g.operator("PACK", [count, inner], [target], "PackOptions", valuesCount=2)
    g.operator("RESHAPE", [source, target], [flat], "ReshapeOptions")
    g.operator("FULLY_CONNECTED", [flat, kernel, -1], [dense], "FullyConnectedOptions")
    g.operator("RESHAPE", [dense, unflat], [output], "ReshapeOptions")
    return g.file(source, output)


def half() -> bytes:
    """A dense layer whose weights are stored as float16."""
    g = Graph()
    source, output = g.tensor((1, 6), "float32"), g.tensor((1, 4), "float32")
    stored, kernel = g.tensor((4, 6), "float32"), g.tensor((4, 6), "float32")
    retype(g, stored, "FLOAT16", weights(4, 6).astype(np.float16))
    g.operator("DEQUANTIZE", [stored], [kernel], "DequantizeOptions")
    g.operator("FULLY_CONNECTED", [source, kernel, -1], [output], "FullyConnectedOptions")
    return g.file(source, output)


def dynamic_range() -> bytes:
    """A dense layer with int8 weights between float32 tensors."""
    g = Graph()
    source, output = g.tensor((1, 6), "float32"), g.tensor((1, 4), "float32")
    kernel = g.tensor((4, 6), "int8", 0.01, data=RNG.integers(-127, 128, (4, 6)))
    g.operator("FULLY_CONNECTED", [source, kernel, -1], [output], "FullyConnectedOptions")
    return g.file(source, output)


def unary(*kinds: str, dtype: str = "int8") -> bytes:
    """Element-wise operators one after another, [1, 4]."""
    g = Graph()
    scale = 0.1 if dtype == "int8" else None
    tensors = [g.tensor((1, 4), dtype, scale) for _ in range(len(kinds) + 1)]
    for place, kind in enumerate(kinds):
        g.operator(kind, [tensors[place]], [tensors[place + 1]])
    return g.file(tensors[0], tensors[-1])


def litert(tflite: bytes, inputs: NDArray[Any]) -> NDArray[Any]:
    """LiteRT's outputs, one after another, of a network resized to a batch of 1."""
    interpreter = Interpreter(model_content=tflite, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(source["index"], [1, *inputs.shape[1:]])
    interpreter.allocate_tensors()
    outputs = []
    for one in inputs:
        interpreter.set_tensor(source["index"], one[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(sink["index"])[0].copy())
    return np.stack(outputs)


def some_inputs(tflite: bytes, count: int = 8) -> NDArray[Any]:
    """Random inputs for a network: [count, *shape without the batch]."""
    from toolkit.tflite.ends import ends_of

    spec = ends_of(tflite).input
    shape = (count, *spec.shape[1:])
    if spec.numpy == np.int8:
        return RNG.integers(-128, 128, shape).astype(np.int8)
    return RNG.normal(size=shape).astype(np.float32)
