"""Layer by layer: what a device can be asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from toolkit.artifacts.base import Artifact
from toolkit.artifacts.tensor import TensorSpec


@dataclass(frozen=True)
class TracePoint(Artifact):
    """A layer as a device tells of it: what is computed in one step, and the tensor that it leaves.

    Attributes:
        name: "layer 3", counted from 0 in the order of computation.
        operators: the .tflite's operators that it computes.
        tensor: of its output, by its number in the .tflite.
        output: that tensor; where its type is none of ElementType, its bytes as uint8.
        kept: the channels of the .tflite's tensor that the device computes, where it leaves constant ones out; `output`
            has these alone.
    """

    name: str
    operators: tuple[str, ...]
    tensor: int
    output: TensorSpec
    kept: tuple[int, ...] = ()

    def of_host(self, data: bytes) -> bytes:
        """What the device should have of a tensor, of another side's bytes of it: the whole, or the same part."""
        if not self.kept or len(data) == self.output.size_bytes:
            return data
        import numpy as np

        pixels = np.frombuffer(data, self.output.numpy).reshape(self.output.elements // len(self.kept), -1)
        return pixels[:, list(self.kept)].tobytes()

    @property
    def title(self) -> str:
        """ "layer 3 (CONV_2D + MAX_POOL_2D, conv2d_1/Relu)"."""
        return f"{self.name} ({' + '.join(self.operators)}, {self.output.name.split(';')[0]})"


@dataclass(frozen=True)
class LayerTrace(Artifact):
    """One layer, over all inputs that were traced.

    Attributes:
        name, operators, tensor: as of its TracePoint; `tensor` by its name.
        equal: inputs on which its output is the host's.
        ticks: the median that it took, in the unit of `Ticks`.
        distinct: how many different outputs the host has for it: with one alone it shows little.
    """

    name: str
    operators: tuple[str, ...]
    tensor: str
    equal: int
    ticks: int
    distinct: int


@dataclass(frozen=True)
class Trace(Artifact):
    """What came of tracing.

    Attributes:
        inputs: how many were traced.
        layers: in the order of computation; empty where nothing was traced.
        missing: why nothing was traced; empty where it was.
    """

    inputs: int = 0
    layers: tuple[LayerTrace, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class FirstDifference(Artifact):
    """Where a device first differs from the host.

    Attributes:
        said: all of it in words.
        set, input: which input.
        layer: "layer 3", the first that differs; empty where layers could not be told apart.
        operator: the .tflite's operators of that layer, with " + " between them.
        tensor: the name of the tensor that differs.
        index: of the first element that differs, in that tensor's shape.
        host, device: that element, as stored; None where there is none.
        more: how many more elements of that tensor differ.
        cause: what is known of why; empty for nothing.
    """

    said: str
    set: str
    input: int
    layer: str = ""
    operator: str = ""
    tensor: str = ""
    index: tuple[int, ...] = ()
    host: float | None = None
    device: float | None = None
    more: int = 0
    cause: str = ""

    def __str__(self) -> str:
        return self.said


@dataclass(frozen=True)
class Bisection(Artifact):
    """Two sides held against each other, layer by layer, on demand.

    Attributes:
        board, model, runtime: of the device that was asked.
        against: the other side, in words.
        trace: the layers.
        first_difference: where the device first differs from the other side; None if no layer does.
    """

    board: str
    model: str
    runtime: str
    against: str
    trace: Trace = field(default_factory=Trace)
    first_difference: FirstDifference | None = None

    @property
    def equal(self) -> bool:
        """Every layer of every input that was traced is the other side's."""
        return self.first_difference is None and bool(self.trace.layers)
