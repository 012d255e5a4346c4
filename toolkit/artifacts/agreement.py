"""Whether TensorFlow Lite Micro computes what the trained network means: held against LiteRT at build."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts.base import Artifact
from toolkit.artifacts.tensor import ElementType

TFLM, LITERT = "TensorFlow Lite Micro", "LiteRT"


@dataclass(frozen=True)
class Agreement(Artifact):
    """TensorFlow Lite Micro against LiteRT's reference kernels, on some of the inputs that are to be sent.

    Attributes:
        dtype: of the network's output.
        inputs: how many were compared; 0 where nothing could be.
        differing: outputs that differ by more than rounding.
        largest: the largest difference: int8: in steps; float32: as a share of LiteRT's largest output; -1: NaN in one
            of them, or another shape.
        other_class: outputs whose largest element is another one.
        operator: the first operator that computes something else from the same input, by name and place; empty where
            none does: then differences, if any, are rounding that has added up.
        operator_difference: how much it is off by itself, as `largest`.
        nearer: TFLM or LITERT, whichever the float32 network is clearly nearer to; empty where there is none at hand,
            or where it does not tell.
        why_not: why nothing was compared; empty where something was.
    """

    dtype: ElementType
    inputs: int = 0
    differing: int = 0
    largest: float = 0.0
    other_class: int = 0
    operator: str = ""
    operator_difference: float = 0.0
    nearer: str = ""
    why_not: str = ""

    @property
    def agrees(self) -> bool:
        """No operator computes anything else than LiteRT's; also where nothing could be compared."""
        return not self.operator

    @property
    def in_words(self) -> str:
        """One or two sentences, without the full stop at the end."""
        if self.why_not:
            return f"not held against LiteRT: {self.why_not}"
        if self.agrees and not self.differing:
            return f"as LiteRT, on {self.inputs:,} inputs"
        told = f"{self.differing:,} of {self.inputs:,} outputs of TensorFlow Lite Micro are not LiteRT's"
        told += f", by up to {self._amount(self.largest)}"
        if self.other_class:
            told += f", {self.other_class:,} with another largest element"
        if self.agrees:
            return f"{told}: rounding that adds up, for no operator by itself differs by more"
        told += f"; the first operator to differ is {self.operator}, by {self._amount(self.operator_difference)}"
        if not self.nearer:
            return f"{told}: either may be at fault, and the device may not compute what was trained"
        fault = "LiteRT is at fault" if self.nearer == TFLM else "what the device computes is not what was trained"
        return f"{told}. The float32 network is nearer to {self.nearer}: {fault}"

    def _amount(self, difference: float) -> str:
        if difference < 0:
            return "NaN, or another shape"
        if self.dtype is ElementType.FLOAT32:
            return f"{difference:.2g} of the largest"
        return f"{difference:.0f} {'step' if difference == 1 else 'steps'} of {256**self.dtype.size_bytes - 1:,}"
