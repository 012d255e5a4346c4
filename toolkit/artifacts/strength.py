"""How strong a proof is: how many of the faults that were planted on the host these inputs would have shown."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts.base import Artifact

ENOUGH = 0.75
"""The share of planted faults that are not dead that must be seen, or the verdict is WEAK: docs/verdicts.md."""


COMPILED, INTERPRETER = "compiled C", "interpreter"
"""By what the faults were computed: `Strength.how`."""


@dataclass(frozen=True)
class LayerStrength(Artifact):
    """One layer of the computed network, after fusion.

    Attributes:
        name: by its place in the order of computation: "layer 7".
        operators: the .tflite's operators that it computes.
        tensor: the name of the tensor that it writes.
        planted: faults planted in it, its zeroed output among them.
        seen: those that some input showed.
        zeroed: whether its zeroed output was seen; None where zeroing changes nothing, since it is always zero.
    """

    name: str
    operators: tuple[str, ...]
    tensor: str
    planted: int
    seen: int
    zeroed: bool | None

    @property
    def title(self) -> str:
        """ "layer 7 (CONV_2D, conv2d_3/Relu)"."""
        return f"{self.name} ({' + '.join(self.operators)}, {self.tensor.split(';')[0]})"


@dataclass(frozen=True)
class Strength(Artifact):
    """What came of planting faults in the computed network, one at a time.

    Attributes:
        planted: how many.
        seen: how many would have made the verdict DIFFERS: by the outputs of at least one input, or by a layer of one
            that was traced.
        by_layers: of these, how many only by a layer.
        unseen_layers: the names of layers whose zeroed output no input showed.
        layers: each layer, in the order of computation.
        dead: of the unseen ones: how many left their own layer's output as it was, on these inputs and on made-up
            ones. What they change is of no use to this network, as far as can be told.
        tried: the least number of inputs that every unseen fault was held against.
        inputs: how many inputs there were.
        not_tried: operators that were not zeroed, as their results reach no output within one inference, or the
            interpreter lets nobody put anything in their place.
        how: COMPILED or INTERPRETER; empty if nothing was measured.
        missing: why the strength is not known, or not of all; empty where it is.
        seconds: that it took.
    """

    planted: int = 0
    seen: int = 0
    unseen_layers: tuple[str, ...] = ()
    layers: tuple[LayerStrength, ...] = ()
    dead: int = 0
    tried: int = 0
    inputs: int = 0
    not_tried: int = 0
    how: str = ""
    missing: str = ""
    seconds: float = 0.0
    by_layers: int = 0

    @property
    def measured(self) -> bool:
        """Faults were planted at all."""
        return self.planted > 0

    @property
    def weak(self) -> bool:
        """A layer's zeroed output was not seen, or too few of the faults that are not dead."""
        return bool(self.unseen_layers) or self.seen < ENOUGH * (self.planted - self.dead)
