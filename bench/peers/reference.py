"""The plain reference kernels, as TensorFlow Lite Micro computes them: c/reference*.c, one call an operator.

Byte for byte the interpreter's int8 outputs; what the arithmetic costs when nobody optimises it, and without an
interpreter around it. Every operator has an output buffer of its own; as in TFLM, buffers that do not live at the same
time share memory.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peers.base import NotForThisNetworkError, Sources, header
from toolkit.artifacts import DType, ModelFile
from toolkit.compiler import c, fixedpoint, ir, plan, reader, tables
from toolkit.compiler.c import Constant

NAME = "reference kernels"
DTYPES = (DType.INT8, DType.FLOAT32)

_C = Path(__file__).parent / "c"
_FLOAT_MAX = "FLT_MAX"


def title() -> str:
    """See Peer."""
    return f"{NAME} (no interpreter)"


def generate(model: ModelFile, folder: Path) -> Sources:  # noqa: ARG001 - no tool of its own
    """See Peer."""
    graph = reader.read(model.path.read_bytes())
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(_C.glob("reference*.[ch]"))}
    emitted = _Network(graph, model.dtype)
    return Sources(files | emitted.files())


class _Network:
    """The calls of one network, and the constants that they need."""

    def __init__(self, graph: ir.Graph, dtype: DType) -> None:
        self.graph = graph
        self.dtype = dtype
        self.suffix = "s8" if dtype is DType.INT8 else "f32"
        self.constants: list[str] = []
        self.calls: list[str] = []
        self.offsets, self.arena_bytes = self._places()
        for place, op in enumerate(graph.operators):
            self._operator(f"op{place}", op)

    def _places(self) -> tuple[dict[int, int], int]:
        """Where each computed tensor lies: TFLM's planner is greedy by size as ours is."""
        roots: dict[int, int] = {}
        first: dict[int, int] = {self.graph.inputs[0]: -1}
        last: dict[int, int] = {self.graph.inputs[0]: -1}
        for step, op in enumerate(self.graph.operators):
            source = roots.get(op.inputs[0], op.inputs[0])
            last[source] = step
            if isinstance(op, ir.Alias):
                roots[op.output] = source
            else:
                first[op.output] = last[op.output] = step
        last[roots.get(self.graph.outputs[0], self.graph.outputs[0])] = len(self.graph.operators)
        tensors = self.graph.tensors
        buffers = [plan.Buffer(i, tensors[i].name, tensors[i].bytes, first[i], last[i]) for i in first]
        placed, size = plan.place(buffers)
        offsets = {i: placed[i] for i in first}
        return offsets | {alias: offsets[root] for alias, root in roots.items()}, size

    def _at(self, index: int) -> str:
        kind = "int8_t" if self.dtype is DType.INT8 else "float"
        return f"({kind} *)(void *)(arena.bytes + {self.offsets[index]})"

    def _operator(self, name: str, op: ir.Operator) -> None:
        emitters: dict[type[ir.Operator], Callable[[str, Any], tuple[str, ...]]] = {
            ir.Convolution: self._convolution,
            ir.Dense: self._dense,
            ir.Pool: self._pool,
            ir.Unary: self._leaky_relu,
            ir.Softmax: self._softmax,
        }
        if isinstance(op, ir.Alias):
            return
        if type(op) not in emitters:
            raise NotForThisNetworkError(f"the reference kernels of bench/peers lack {op.kind}")
        function, *arguments = emitters[type(op)](name, op)
        every = ", ".join([*arguments, self._at(op.inputs[0]), self._at(op.output)])
        self.calls.append(f"  reference_{function}_{self.suffix}({every});")

    def _constant(self, name: str, values: NDArray[Any], kind: str = "") -> str:
        self.constants.append(c.define(Constant(name, values, kind)).replace(" AOT_CONST", ""))
        return name

    def _structure(self, kind: str, name: str, fields: dict[str, Any]) -> str:
        self.constants.append(f"static const {kind} {name} = {c.initialiser(fields)};\n")
        return f"&{name}"

    def _ends(self, op: ir.Operator) -> tuple[ir.Tensor, ir.Tensor]:
        return self.graph.tensors[op.inputs[0]], self.graph.tensors[op.output]

    def _window(self, name: str, op: ir.Convolution | ir.Pool) -> str:
        window = op.window
        if (window.dilation_h, window.dilation_w) != (1, 1):
            raise NotForThisNetworkError("the reference kernels of bench/peers lack dilation")
        fields: dict[str, Any] = {
            end: dict(zip(("height", "width", "channels"), tensor.shape[1:], strict=True))
            for end, tensor in zip(("input", "output"), self._ends(op), strict=True)
        }
        for field in ("kernel_h", "kernel_w", "stride_h", "stride_w", "pad_top", "pad_left"):
            fields[field] = getattr(window, field)
        return self._structure("reference_window_t", f"{name}_window", fields)

    def _float_range(self, activation: ir.Activation) -> tuple[str, str]:
        low, high = {
            ir.Activation.NONE: (f"-{_FLOAT_MAX}", _FLOAT_MAX),
            ir.Activation.RELU: ("0.0f", _FLOAT_MAX),
            ir.Activation.RELU6: ("0.0f", "6.0f"),
            ir.Activation.RELU_N1_TO_1: ("-1.0f", "1.0f"),
        }[activation]
        return low, high

    def _linear(self, name: str, op: ir.Convolution | ir.Dense) -> str:
        source, output = self._ends(op)
        filters = self.graph.tensors[op.inputs[1]]
        channels = filters.constant.shape[0]
        stored = np.zeros(channels, np.int32 if self.dtype is DType.INT8 else np.float32)
        bias = self.graph.tensors[op.inputs[2]].constant if op.inputs[2] >= 0 else stored
        fields: dict[str, Any] = {
            "filter": self._constant(f"{name}_filter", filters.constant),
            "bias": self._constant(f"{name}_bias", bias),
        }
        if self.dtype is DType.FLOAT32:
            fields["low"], fields["high"] = self._float_range(op.activation)
            return self._structure("reference_linear_f32_t", f"{name}_linear", fields)
        # GetQuantizedConvolutionMultiplier, and for a dense layer with one scale a product in single precision.
        scales = filters.affine.scale
        if len(scales) == 1 and isinstance(op, ir.Dense):
            reals = [float(np.float32(source.scale * np.float32(scales[0]))) / float(output.scale)] * channels
        else:
            each = scales if len(scales) > 1 else scales * channels
            reals = [float(source.scale) * float(np.float32(scale)) / float(output.scale) for scale in each]
        pairs = np.array([fixedpoint.quantize_multiplier(real) for real in reals], np.int32)
        low, high = tables.activation_range(op.activation, output)
        fields |= {
            "scale": self._constant(f"{name}_scale", pairs, "reference_scale_t"),
            "input_zero": source.zero_point,
            "output_zero": output.zero_point,
            "low": low,
            "high": high,
        }
        return self._structure("reference_linear_s8_t", f"{name}_linear", fields)

    def _convolution(self, name: str, op: ir.Convolution) -> tuple[str, ...]:
        if op.kind != "CONV_2D" or op.groups != 1:
            raise NotForThisNetworkError("the reference kernels of bench/peers lack grouped convolutions")
        return "conv", self._window(name, op), self._linear(name, op)

    def _dense(self, name: str, op: ir.Dense) -> tuple[str, ...]:
        units, depth = self.graph.tensors[op.inputs[1]].constant.shape
        if self.graph.tensors[op.inputs[0]].size != depth:
            raise NotForThisNetworkError("the reference kernels of bench/peers take one row at a time")
        return "dense", str(depth), str(units), self._linear(name, op)

    def _pool(self, name: str, op: ir.Pool) -> tuple[str, ...]:
        if op.kind != "MAX_POOL_2D":
            raise NotForThisNetworkError(f"the reference kernels of bench/peers lack {op.kind}")
        if self.dtype is DType.FLOAT32:
            return "max_pool", self._window(name, op), *self._float_range(op.activation)
        low, high = tables.activation_range(op.activation, self._ends(op)[1])
        return "max_pool", self._window(name, op), str(low), str(high)

    def _leaky_relu(self, name: str, op: ir.Unary) -> tuple[str, ...]:
        """LeakyReluPrepare: the quotient of the scales, and that times the slope, in single precision."""
        source, output = self._ends(op)
        if op.kind != "LEAKY_RELU" or op.alpha < 0:
            raise NotForThisNetworkError(f"the reference kernels of bench/peers lack {op.kind}")
        if self.dtype is DType.FLOAT32:
            return "leaky_relu", str(source.size), c.number(np.float32(op.alpha))
        slope = float(np.float32(source.scale * np.float32(op.alpha)) / output.scale)
        fields = {
            "count": source.size,
            "input_zero": source.zero_point,
            "output_zero": output.zero_point,
            "identity": _scale(float(source.scale / output.scale)),
            "slope": _scale(slope),
        }
        return "leaky_relu", self._structure("reference_leaky_relu_s8_t", name, fields)

    def _softmax(self, name: str, op: ir.Softmax) -> tuple[str, ...]:
        source, output = self._ends(op)
        if source.size != source.shape[-1]:
            raise NotForThisNetworkError("the reference kernels of bench/peers take one row at a time")
        if self.dtype is DType.FLOAT32:
            return "softmax", str(source.size), c.number(np.float32(op.beta))
        if abs(output.scale - np.float32(1 / 256)) > 1e-6 or output.zero_point != -128:
            raise NotForThisNetworkError("the reference kernels of bench/peers give a softmax in 1/256 from -128")
        multiplier, shift, smallest = fixedpoint.softmax_multiplier(float(source.scale), float(np.float32(op.beta)))
        fields = {
            "depth": source.size,
            "scale": {"multiplier": multiplier, "shift": shift},
            "smallest": smallest,
        }
        return "softmax", self._structure("reference_softmax_s8_t", name, fields)

    def files(self) -> dict[str, str]:
        """model.h and model.c."""
        ends = (self.graph.tensors[self.graph.inputs[0]], self.graph.tensors[self.graph.outputs[0]])
        lines = [
            '#include "model.h"',
            "",
            "#include <float.h>",
            "",
            '#include "reference.h"',
            "",
            *self.constants,
            "static union {",
            "  float alignment;",
            "  uint8_t bytes[MODEL_ARENA_BYTES];",
            "} arena;",
            "",
            "uint8_t *model_input(uint8_t index) {",
            "  (void)index;",
            f"  return arena.bytes + {self.offsets[ends[0].index]};",
            "}",
            "",
            "const uint8_t *model_output(uint8_t index) {",
            "  (void)index;",
            f"  return arena.bytes + {self.offsets[ends[1].index]};",
            "}",
            "",
            "void model_invoke(void) {",
            *self.calls,
            "}",
            "",
        ]
        return {
            "model.h": header(self.dtype, ends[0].bytes, ends[1].bytes, self.arena_bytes),
            "model.c": "\n".join(lines),
        }


def _scale(real: float) -> dict[str, int]:
    multiplier, shift = fixedpoint.quantize_multiplier(real)
    return {"multiplier": multiplier, "shift": shift}
