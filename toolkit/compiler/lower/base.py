"""What every lowering function takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.compiler import c, ir
from toolkit.compiler.c import Constant
from toolkit.compiler.fuse import FloatActivation, Layer
from toolkit.compiler.ir import ElementType, Graph, Tensor
from toolkit.errors import ModelError

if TYPE_CHECKING:
    from toolkit.compiler.isa.base import InstructionSet

FLOAT_MAX = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Target:
    """What the code is for: the kernels, a single-precision FPU or none, and "speed" or "size".

    general: no code is made for one layer's constants: other networks have to be computed by it.
    rows: how often a layer is called, each time for one row of its output.
    single: it is called once, for the last row of an output whose other rows are computed in twos.
    least_scratch: kernels that are a little slower are taken where they need less scratch.
    """

    isa: InstructionSet
    fpu: bool
    optimise: str
    general: bool = False
    rows: int = 1
    single: bool = False
    least_scratch: bool = False


@dataclass(frozen=True, eq=False)
class Call:
    """One layer as C.

    Attributes:
        name: of its function.
        operators: the .tflite's operators that it computes.
        inputs: the tensors that it reads through $0 and so on; output: the one that it writes.
        body: C statements; $0, $1 ... stand for pointers to the inputs, $out to the output, $scratch to scratch.
        kernels: .c files of firmware/kernels; headers: what the body includes.
        constants: arrays in flash.
        definitions: C text before the function: parameter structs.
        scratch_bytes: RAM while it runs.
        macs: multiply-accumulates.
        in_place: places among `inputs` whose memory the output may share.
        reads_past: bytes behind the first input that the kernel may read, and does not use.
        writes_past: bytes behind the output that the kernel may write.
        channel_by_channel: the kernel reads its whole input anew for each channel.
        in_twos: two rows of the output at once are quicker than one and one.
        sums_bytes: RAM at $sums that is kept from row to row; see lower/sums.py.
        behind: where the kernel goes through its first input and its output row by row: how many bytes the output's
            memory must begin before the input's, so that nothing is overwritten that is still to be read. None: the
            two may not overlap.
    """

    name: str
    operators: tuple[str, ...]
    inputs: tuple[int, ...]
    output: int
    body: str
    kernels: tuple[str, ...]
    headers: tuple[str, ...]
    constants: tuple[Constant, ...] = ()
    definitions: tuple[str, ...] = ()
    scratch_bytes: int = 0
    macs: int = 0
    in_place: tuple[int, ...] = ()
    reads_past: int = 0
    writes_past: int = 0
    channel_by_channel: bool = False
    behind: int | None = None
    sums_bytes: int = 0
    in_twos: bool = False

    def constant_input(self, place: int) -> str:
        """The array that an input is in if it is a constant."""
        return f"{self.name}_input{place}"


@dataclass(frozen=True, eq=False)
class Context:
    """One layer to be lowered, with what surrounds it."""

    graph: Graph
    layer: Layer
    name: str
    target: Target

    @property
    def first(self) -> ir.Operator:
        """The operator that decides the kernel."""
        return self.layer.operators[0]

    def input(self, place: int = 0) -> Tensor:
        """The tensor that the first operator reads in that place, with the shape that it has there."""
        return self.graph.tensors[self.first.inputs[place]]

    @property
    def output(self) -> Tensor:
        """The tensor that the layer writes."""
        return self.graph.tensors[self.layer.output]

    def is_int8(self, *tensors: Tensor) -> bool:
        """True for int8 tensors, False for float32 ones.

        Raises:
            ModelError: they are of another type, of different types, or int8 without one scale and zero point.
        """
        kinds = {t.dtype for t in tensors}
        if kinds == {ElementType.FLOAT32}:
            return False
        if kinds != {ElementType.INT8}:
            names = ", ".join(sorted(str(k) if k else "another type" for k in kinds))
            raise ModelError(
                f"{self.first.kind} on {names} is not supported", "supported: int8 throughout, or float32 throughout"
            )
        for tensor in tensors:
            if tensor.quantisation is None or len(tensor.quantisation.scale) != 1 or tensor.scale <= 0:
                raise ModelError(f"int8 tensor {tensor.name} has no per-tensor scale", "convert with full-integer int8")
            if not -128 <= tensor.zero_point <= 127:
                raise ModelError(f"int8 tensor {tensor.name} has zero point {tensor.zero_point}", "convert it again")
        return True

    def constant(self, suffix: str, values: Any) -> Constant:
        """A constant array named after the layer."""
        return Constant(f"{self.name}_{suffix}", np.ascontiguousarray(values))

    def call(
        self,
        function: str,
        parameters: tuple[str, Mapping[str, Any]],
        kernels: tuple[str, ...],
        header: str,
        constants: tuple[Constant, ...] = (),
        macs: int = 0,
        in_place: tuple[int, ...] = (),
    ) -> Call:
        """A call of a kernel that takes one parameter struct, the layer's first input and the output."""
        body = f"{function}(&{self.name}_layer, $0, $out);"
        inputs = self.layer.inputs[:1]
        return placed(self, body, parameters, kernels, header, constants, inputs=inputs, macs=macs, in_place=in_place)


def placed(
    context: Context,
    body: str,
    parameters: tuple[str, Mapping[str, Any]],
    kernels: tuple[str, ...],
    header: str,
    constants: tuple[Constant, ...] = (),
    *,
    inputs: tuple[int, ...],
    macs: int = 0,
    in_place: tuple[int, ...] = (),
) -> Call:
    """A call with a body of its own and one parameter struct, <name>_layer."""
    return Call(
        context.name,
        tuple(op.kind for op in context.layer.operators),
        inputs,
        context.layer.output,
        body,
        kernels,
        (header,),
        constants,
        (c.structure(parameters[0], f"{context.name}_layer", parameters[1]),),
        macs=macs,
        in_place=in_place,
    )


def window_fields(window: ir.Window) -> dict[str, int]:
    """`aot_window_t`."""
    return {
        "h": window.kernel_h,
        "w": window.kernel_w,
        "stride_h": window.stride_h,
        "stride_w": window.stride_w,
        "dilation_h": window.dilation_h,
        "dilation_w": window.dilation_w,
        "pad_top": window.pad_top,
        "pad_left": window.pad_left,
    }


def channelwise_fields(source: Tensor, output: Sequence[int], window: ir.Window) -> dict[str, Any]:
    """`aot_channelwise_shape_t`.

    Args:
        output: its height and width.
    """
    _, height, width, channels = source.shape
    return {
        "in_h": height,
        "in_w": width,
        "out_h": output[0],
        "out_w": output[1],
        "window": window_fields(window),
        "channels": channels,
    }


def float_fields(activation: FloatActivation) -> dict[str, float]:
    """`slope`, `low`, `high` of a float kernel."""
    return {
        "slope": float(np.float32(activation.slope)),
        "low": -FLOAT_MAX if activation.low is None else activation.low,
        "high": FLOAT_MAX if activation.high is None else activation.high,
    }
