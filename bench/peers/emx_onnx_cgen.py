"""PyPI `emx-onnx-cgen`, emmtrix's ONNX-to-C generator, on the float32 network with the very weights of the .tflite.

It lives in an environment of its own (.venv-peers), in which this file is run as a program: `generate` writes the
layers as ONNX wants them, the program makes the graph and has it compiled. Options: weights in the C, temporaries on
the stack in place of the heap; what its authors chose otherwise (`restrict`, sums in single precision) stays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peers.base import NotForThisNetworkError, Sources, header, in_environment, version
from toolkit.artifacts import DType, ModelFile

NAME = "emx-onnx-cgen"
DTYPES = (DType.FLOAT32,)

_STACK_OF_THE_REST = 4096
_GLUE = """\
/* model.c: the engine's interface over emx-onnx-cgen's function. */
#include "model.h"

void network(const float input{input_type}, float output{output_type});

static float input{input_type};
static float output{output_type};

uint8_t *model_input(uint8_t index) {{
  (void)index;
  return (uint8_t *)input;
}}

const uint8_t *model_output(uint8_t index) {{
  (void)index;
  return (const uint8_t *)output;
}}

void model_invoke(void) {{ network((const float(*){input_row})input, output); }}
"""


def title() -> str:
    """See Peer."""
    return f"{NAME} {version(NAME)}"


def generate(model: ModelFile, folder: Path) -> Sources:
    """See Peer."""
    from toolkit.compiler import reader

    graph = reader.read(model.path.read_bytes())
    source, output = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    nodes, arrays = _layers(graph)
    shapes = {"input": _channels_first(source.shape), "output": list(output.shape)}
    np.savez(folder / "weights.npz", allow_pickle=False, **arrays)
    (folder / "layers.json").write_text(json.dumps({"nodes": nodes, **shapes}), encoding="utf-8")
    in_environment("-m", "bench.peers.emx_onnx_cgen", str(folder))
    dimensions = {name: "".join(f"[{size}]" for size in shape) for name, shape in shapes.items()}
    glue = _GLUE.format(
        input_type=dimensions["input"], output_type=dimensions["output"], input_row=dimensions["input"][3:]
    )
    temporaries = sum(graph.tensors[op.output].bytes for op in graph.operators)
    files = {
        "model.h": header(model.dtype, source.bytes, output.bytes, source.bytes + output.bytes),
        "model.c": glue,
        "network.c": (folder / "network.c").read_text(encoding="utf-8"),
    }
    return Sources(files, stack_bytes=_STACK_OF_THE_REST + temporaries, foreign=True)


def _channels_first(shape: tuple[int, ...]) -> list[int]:
    """NHWC as NCHW; the same bytes only for one channel.

    Raises:
        NotForThisNetworkError: there are several.
    """
    if len(shape) != 4 or shape[3] != 1:
        raise NotForThisNetworkError(f"{NAME} would need its input {list(shape)} transposed on the device")
    return [shape[0], shape[3], shape[1], shape[2]]


def _layers(graph: Any) -> tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]:
    """The nodes in ONNX' terms, each from the one before, and their weights in its layout, by node and operand."""
    from toolkit.compiler import ir

    nodes: list[dict[str, Any]] = []
    arrays: dict[str, NDArray[Any]] = {}
    flattened: tuple[int, ...] | None = None  # the image [h, w, c] that the next dense layer sees as a row

    def node(kind: str, weights: tuple[NDArray[Any], ...] = (), **attributes: Any) -> None:
        operands = {f"w{len(nodes)}_{place}": each for place, each in enumerate(weights)}
        arrays.update(operands)
        nodes.append({"kind": kind, "weights": list(operands), "attributes": attributes})

    def activation(of: Any) -> None:
        if of is ir.Activation.RELU:
            node("Relu")
        elif of is not ir.Activation.NONE:
            raise NotForThisNetworkError(f"{NAME}: {of} is not mapped to ONNX in bench/peers")

    def constants(op: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        weights = graph.tensors[op.inputs[1]].constant
        none = np.zeros(weights.shape[0], np.float32)
        return weights, graph.tensors[op.inputs[2]].constant if op.inputs[2] >= 0 else none

    for op in graph.operators:
        source, output = graph.tensors[op.inputs[0]], graph.tensors[op.output]
        if isinstance(op, ir.Convolution) and op.groups == 1:
            weights, bias = constants(op)
            node("Conv", (weights.transpose(0, 3, 1, 2), bias), **_window(op.window, source.shape, output.shape))
            activation(op.activation)
        elif isinstance(op, ir.Pool) and op.kind == "MAX_POOL_2D":
            node("MaxPool", (), **_window(op.window, source.shape, output.shape))
            activation(op.activation)
        elif isinstance(op, ir.Unary) and op.kind == "LEAKY_RELU":
            node("LeakyRelu", alpha=op.alpha)
        elif isinstance(op, ir.Alias):
            flattened = source.shape[1:] if len(source.shape) == 4 else None
            node("Flatten")
        elif isinstance(op, ir.Dense):
            weights, bias = constants(op)
            if flattened is not None:
                height, width, channels = flattened
                weights = weights.reshape(-1, height, width, channels).transpose(0, 3, 1, 2).reshape(weights.shape)
                flattened = None
            node("Gemm", (weights, bias), transB=1)
            activation(op.activation)
        elif isinstance(op, ir.Softmax) and op.beta == 1.0:
            node("Softmax", axis=1)
        else:
            raise NotForThisNetworkError(f"{NAME}: {op.kind} is not mapped to ONNX in bench/peers")
    return nodes, arrays


def _window(window: Any, source: tuple[int, ...], output: tuple[int, ...]) -> dict[str, list[int]]:
    """The attributes of Conv and MaxPool; pads are top, left, bottom, right."""
    ends = [
        max((output[1] - 1) * window.stride_h + (window.kernel_h - 1) * window.dilation_h + 1 - source[1], 0),
        max((output[2] - 1) * window.stride_w + (window.kernel_w - 1) * window.dilation_w + 1 - source[2], 0),
    ]
    return {
        "kernel_shape": [window.kernel_h, window.kernel_w],
        "strides": [window.stride_h, window.stride_w],
        "dilations": [window.dilation_h, window.dilation_w],
        "pads": [window.pad_top, window.pad_left, ends[0] - window.pad_top, ends[1] - window.pad_left],
    }


def compile_onnx(folder: Path) -> None:
    """In the peers' environment: layers.json and weights.npz to network.onnx to network.c."""
    import onnx
    from emx_onnx_cgen.cli import main as emx
    from onnx import TensorProto, helper, numpy_helper

    layers = json.loads((folder / "layers.json").read_text(encoding="utf-8"))
    with np.load(folder / "weights.npz") as held:
        weights = [numpy_helper.from_array(np.ascontiguousarray(held[name]), name) for name in held.files]
    last = len(layers["nodes"])
    nodes = [
        helper.make_node(each["kind"], [f"t{place}", *each["weights"]], [f"t{place + 1}"], **each["attributes"])
        for place, each in enumerate(layers["nodes"])
    ]
    ends = (("t0", layers["input"]), (f"t{last}", layers["output"]))
    source, output = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in ends)
    graph = helper.make_graph(nodes, "network", [source], [output], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    onnx.save(model, folder / "network.onnx")
    options = ["--model-name", "network", "--large-temp-threshold", "0", "--large-weight-threshold", "0"]
    status = emx(["compile", str(folder / "network.onnx"), str(folder / "network.c"), *options])
    if status:
        raise SystemExit(status)


if __name__ == "__main__":
    compile_onnx(Path(sys.argv[1]))
