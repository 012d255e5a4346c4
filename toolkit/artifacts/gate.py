"""A bound that the user set, and how a build or a run stands against it."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts.base import Artifact


@dataclass(frozen=True)
class GateResult(Artifact):
    """One gate.

    Attributes:
        name: of what is held: "accuracy", "mae", "flash_bytes", "instructions".
        bound: that the user set.
        at_least: the value must be at least the bound; else at most.
        value: measured; None where it could not be.
        met: it was measured, and keeps the bound.
        why_not: why there is no value; empty where there is one.
    """

    name: str
    bound: float
    at_least: bool
    value: float | None
    met: bool
    why_not: str = ""

    @property
    def in_words(self) -> str:
        """ "accuracy 0.9312, at least 0.95: missed"; what cannot be measured is missed by that name."""
        bound = f"{'at least' if self.at_least else 'at most'} {_number(self.bound)}"
        if self.value is None:
            return f"{self.name} cannot be measured, {self.why_not}; asked for: {bound}"
        value = _number(self.value)
        if value == _number(self.bound) and not self.met:  # it shows in a further figure
            value = repr(self.value)
        return f"{self.name} {value}, {bound}: {'met' if self.met else 'missed'}"


def _number(value: float) -> str:
    """12,345 where it is whole, six figures otherwise."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.6g}"
