"""The rules of shapes and of shape arithmetic, held against LiteRT's own Prepare and Eval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from tests.compiler.graphs import Graph, padding
from tests.tflite.files import integers
from toolkit.tflite import batch, schema, shapes

# kind, shapes of float inputs (an integer constant is a list or a number), options table, its members.
Case = tuple[str, tuple[Any, ...], str, dict[str, Any]]
WINDOW = {"strideH": 2, "strideW": 1}
CASES: list[Case] = [
    ("ABS", ((2, 3, 4),), "", {}),
    ("ADD", ((2, 1, 4), (3, 1)), "AddOptions", {}),
    ("MUL", ((2, 3), ()), "MulOptions", {}),
    ("MAXIMUM", ((2, 3), (3,)), "MaximumMinimumOptions", {}),
    ("PRELU", ((2, 3, 4), (1, 4)), "", {}),
    ("ARG_MAX", ((2, 3, 4), 1), "ArgMaxOptions", {"outputType": 2}),
    ("ARG_MIN", ((2, 3, 4), -1), "ArgMinOptions", {"outputType": 2}),
    ("AVERAGE_POOL_2D", ((2, 7, 6, 3),), "Pool2DOptions", {**WINDOW, "filterHeight": 3, "filterWidth": 2}),
    ("MAX_POOL_2D", ((3, 7, 6, 3),), "Pool2DOptions", {**WINDOW, "filterHeight": 3, "filterWidth": 2, "padding": 1}),
    ("BATCH_MATMUL", ((2, 1, 4, 3), (5, 3, 6)), "BatchMatMulOptions", {}),
    ("BATCH_MATMUL", ((2, 3, 4), (2, 6, 3)), "BatchMatMulOptions", {"adjX": True, "adjY": True}),
    ("BATCH_TO_SPACE_ND", ((8, 3, 2, 5), [2, 2], [[1, 0], [0, 1]]), "BatchToSpaceNDOptions", {}),
    ("BATCH_TO_SPACE_ND", ((6, 4, 5), [3], [[2, 1]]), "BatchToSpaceNDOptions", {}),
    ("SPACE_TO_BATCH_ND", ((2, 5, 6, 3), [2, 3], [[1, 0], [2, 1]]), "SpaceToBatchNDOptions", {}),
    ("SPACE_TO_BATCH_ND", ((1, 5, 6), [4], [[2, 1]]), "SpaceToBatchNDOptions", {}),
    ("BROADCAST_TO", ((3, 1), [2, 3, 4]), "", {}),
    ("CONCATENATION", ((2, 3, 1), (2, 3, 4)), "ConcatenationOptions", {"axis": -1}),
    (
        "CONV_2D",
        ((2, 9, 8, 3), (5, 3, 2, 3), (5,)),
        "Conv2DOptions",
        {**WINDOW, "dilationHFactor": 2, "dilationWFactor": 1},
    ),
    (
        "CONV_2D",
        ((2, 9, 8, 3), (5, 3, 2, 3), (5,)),
        "Conv2DOptions",
        {**WINDOW, "dilationHFactor": 1, "dilationWFactor": 3, "padding": 1},
    ),
    (
        "DEPTHWISE_CONV_2D",
        ((2, 9, 8, 3), (1, 3, 2, 6)),
        "DepthwiseConv2DOptions",
        {**WINDOW, "dilationHFactor": 1, "dilationWFactor": 1, "depthMultiplier": 2},
    ),
    ("DEPTH_TO_SPACE", ((2, 3, 4, 8),), "DepthToSpaceOptions", {"blockSize": 2}),
    ("SPACE_TO_DEPTH", ((2, 6, 4, 3),), "SpaceToDepthOptions", {"blockSize": 2}),
    ("EXPAND_DIMS", ((2, 3), -2), "ExpandDimsOptions", {}),
    ("FILL", ([2, 3], ()), "FillOptions", {}),
    ("FULLY_CONNECTED", ((2, 3, 4), (5, 4)), "FullyConnectedOptions", {}),
    ("FULLY_CONNECTED", ((2, 3, 4), (5, 12)), "FullyConnectedOptions", {}),
    ("FULLY_CONNECTED", ((2, 3, 4), (5, 4)), "FullyConnectedOptions", {"keepNumDims": True}),
    ("GATHER", ((2, 3, 4), [[0, 1], [2, 0]]), "GatherOptions", {"axis": 1}),
    ("GATHER", ((2, 3, 4), [[0, 1], [2, 0]]), "GatherOptions", {"axis": -1, "batchDims": 1}),
    ("GATHER_ND", ((2, 3, 4), [[0, 1], [1, 2], [1, 0]]), "", {}),
    ("MEAN", ((2, 3, 4), [0, -1]), "ReducerOptions", {"keepDims": True}),
    ("SUM", ((2, 3, 4), 1), "ReducerOptions", {}),
    ("REDUCE_MAX", ((2, 3, 4), [1, 2]), "ReducerOptions", {}),
    ("MIRROR_PAD", ((4, 3), [[1, 2], [0, 1]]), "MirrorPadOptions", {}),
    ("PAD", ((2, 3), [[1, 2], [0, 3]]), "PadOptions", {}),
    ("PACK", ((2, 3), (2, 3)), "PackOptions", {"axis": 1, "valuesCount": 2}),
    ("RESHAPE", ((2, 3, 4), [4, -1]), "ReshapeOptions", {}),
    ("RESHAPE", ((2, 3, 4),), "ReshapeOptions", {"newShape": [-1, 3]}),
    ("RESIZE_BILINEAR", ((2, 3, 4, 5), [6, 7]), "ResizeBilinearOptions", {}),
    ("RESIZE_NEAREST_NEIGHBOR", ((2, 3, 4, 5), [6, 7]), "ResizeNearestNeighborOptions", {}),
    ("REVERSE_V2", ((2, 3, 4), [1]), "ReverseV2Options", {}),
    ("SLICE", ((2, 3, 4), [1, 0, 1], [-1, 2, -1]), "SliceOptions", {}),
    ("SOFTMAX", ((2, 3, 4),), "SoftmaxOptions", {"beta": 1.0}),
    ("SPLIT", (1, (2, 6, 4)), "SplitOptions", {"numSplits": 3}),
    ("SPLIT_V", ((2, 6, 4), [1, -1, 2], 1), "SplitVOptions", {"numSplits": 3}),
    ("SQUEEZE", ((1, 2, 1, 3),), "SqueezeOptions", {}),
    ("SQUEEZE", ((1, 2, 1, 3),), "SqueezeOptions", {"squeezeDims": [-2]}),
    ("TRANSPOSE", ((2, 3, 4), [2, 0, 1]), "TransposeOptions", {}),
    (
        "TRANSPOSE_CONV",
        ([2, 8, 8, 5], (5, 3, 3, 4), (2, 4, 4, 4)),
        "TransposeConvOptions",
        {"strideH": 2, "strideW": 2},
    ),
    ("UNPACK", ((2, 3, 4),), "UnpackOptions", {"axis": 1, "num": 3}),
    ("ZEROS_LIKE", ((2, 3),), "", {}),
]
OUTPUTS = {"SPLIT": 3, "SPLIT_V": 3, "UNPACK": 3}
INT_OUTPUTS = {"ARG_MAX", "ARG_MIN"}
# LiteRT computes no shape for it anew, but holds the stored one against its own.
STORED = {"SLICE": (1, 2, 3)}


def _graph(case: Case) -> tuple[Any, list[int], bytes]:
    kind, given, table, members = case
    g = Graph()
    inputs: list[int] = []
    computed: list[int] = []
    for each in given:
        if isinstance(each, tuple):
            computed.append(g.tensor(each, "float32"))
            inputs.append(computed[-1])
        else:
            inputs.append(integers(g, each))
    kind_out = "int32" if kind in INT_OUTPUTS else "float32"
    outputs = [g.tensor(STORED.get(kind, (1,)), kind_out) for _ in range(OUTPUTS.get(kind, 1))]
    g.operator(kind, inputs, outputs, table, **members)
    g.model.operatorCodes[0].version = 2 if kind == "BROADCAST_TO" else 1
    data = g.file(computed[0], outputs[0])
    model = schema.unpacked(data)
    model.subgraphs[0].inputs, model.subgraphs[0].outputs = computed, outputs
    return model, outputs, schema.packed(model)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_shape_is_litert_s(case: Case) -> None:
    model, outputs, data = _graph(case)
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    interpreter.invoke()
    known = batch._infer(model, model.subgraphs[0])
    for detail, index in zip(interpreter.get_output_details(), outputs, strict=True):
        assert known.shapes[index] == interpreter.get_tensor(detail["index"]).shape


def test_every_window_is_litert_s() -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        kernel, stride, dilation = rng.integers(1, 4, 2), rng.integers(1, 4, 2), rng.integers(1, 3, 2)
        members = {
            "strideH": int(stride[0]), "strideW": int(stride[1]), "padding": padding(same=bool(rng.integers(2))),
            "dilationHFactor": int(dilation[0]), "dilationWFactor": int(dilation[1]),
        }  # fmt: skip
        image = (int(rng.integers(1, 4)), *(int(d) for d in rng.integers(7, 12, 2)), 2)
        weights = (3, int(kernel[0]), int(kernel[1]), 2)
        test_a_shape_is_litert_s(("CONV_2D", (image, weights, (3,)), "Conv2DOptions", members))


def _arithmetic(kind: str, given: tuple[Any, ...], table: str, members: dict[str, Any]) -> None:
    """An operator on the shape of a [2, 3, 5, 4] and constants; 'shape' stands for it."""
    g = Graph()
    source, shape = g.tensor((2, 3, 5, 4), "float32"), g.tensor((4,), "int32")
    output = g.tensor((3,) if kind in STORED else (1,), "int32")
    g.operator("SHAPE", [source], [shape], "ShapeOptions", outType=2)
    inputs = [source if each == "data" else shape if each == "shape" else integers(g, each) for each in given]
    g.operator(kind, inputs, [output], table, **members)
    data = g.file(source, output)
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    model = schema.unpacked(data)
    known = batch._infer(model, model.subgraphs[0])
    np.testing.assert_array_equal(known.values[output], expected)
    assert known.values[output].shape == expected.shape


@pytest.mark.parametrize(
    ("kind", "given", "table", "members"),
    [
        ("ADD", ("shape", 3), "AddOptions", {}),
        ("BROADCAST_ARGS", ("shape", [1, 1, 4]), "", {}),
        ("CAST", ("shape",), "CastOptions", {"inDataType": 2, "outDataType": 2}),
        ("CONCATENATION", ("shape", [7, 8]), "ConcatenationOptions", {}),
        ("EXPAND_DIMS", ("shape", 0), "ExpandDimsOptions", {}),
        ("FILL", ([3], 9), "FillOptions", {}),
        ("FLOOR_DIV", ("shape", [2, 2, -2, 3]), "FloorDivOptions", {}),
        ("GATHER", ("shape", [[3, 1], [0, 0]]), "GatherOptions", {}),
        ("MAXIMUM", ("shape", 3), "MaximumMinimumOptions", {}),
        ("MINIMUM", ("shape", [1, 9, 4, 4]), "MaximumMinimumOptions", {}),
        ("MUL", ("shape", "shape"), "MulOptions", {}),
        ("PACK", ("shape", [1, 2, 3, 4]), "PackOptions", {"axis": 1, "valuesCount": 2}),
        ("RANGE", (1, 9, 3), "RangeOptions", {}),
        ("RANK", ("data",), "RankOptions", {}),
        ("REDUCE_MAX", ("shape", 0), "ReducerOptions", {}),
        ("REDUCE_MIN", ("shape", 0), "ReducerOptions", {}),
        ("REDUCE_PROD", ("shape", [0]), "ReducerOptions", {"keepDims": True}),
        ("RESHAPE", ("shape", [2, -1]), "ReshapeOptions", {}),
        ("SLICE", ("shape", [1], [-1]), "SliceOptions", {}),
        ("STRIDED_SLICE", ("shape", [-1], [0], [-1]), "StridedSliceOptions", {}),
        ("SUB", ("shape", 1), "SubOptions", {}),
        ("SUM", ("shape", 0), "ReducerOptions", {}),
    ],
)
def test_a_value_is_litert_s(kind: str, given: tuple[Any, ...], table: str, members: dict[str, Any]) -> None:
    _arithmetic(kind, given, table, members)


def test_every_strided_slice_is_litert_s() -> None:
    rng = np.random.default_rng(5)
    tried = 0
    for _ in range(120):
        first, last, step = int(rng.integers(-6, 7)), int(rng.integers(-6, 7)), int(rng.choice([-2, -1, 1, 2]))
        members = {"beginMask": int(rng.integers(2)), "endMask": int(rng.integers(2))}
        if rng.integers(4) == 0:
            members |= {"shrinkAxisMask": 1}
            first, step = int(rng.integers(-4, 4)), 1
        try:
            _arithmetic("STRIDED_SLICE", ("shape", [first], [last], [step]), "StridedSliceOptions", members)
        except (RuntimeError, ValueError):
            continue  # LiteRT refuses it, or does not give an output of no elements
        tried += 1
    assert tried > 60


def test_what_does_not_fit_the_type_is_not_folded() -> None:
    node = shapes.Node("REDUCE_PROD", None, ((3,), (1,)), (np.array([1 << 31] * 3), np.array([0])), 1)
    assert shapes.value_of(node, ()) is None


def test_an_operator_without_a_rule_is_unknown() -> None:
    with pytest.raises(shapes.UnknownError):
        shapes.shapes_of(shapes.Node("CUSTOM", None, ((1,),), (None,), 1))
