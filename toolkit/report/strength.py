"""How strong the proof is, as the report shows it: the layers in a row, each filled as far as its faults were seen."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import Verification
from toolkit.artifacts.strength import COMPILED, ENOUGH, INTERPRETER
from toolkit.report import text

_NUMBERS, _FIGURES = 30, 10
"""Layers whose numbers have room below them; and their figures as well."""
_NOTES = {
    COMPILED: "Planted in the compiled network on this computer, which gives the host's outputs.",
    INTERPRETER: "Planted in the file that TensorFlow Lite Micro's interpreter computes on this computer.",
}


@dataclass(frozen=True)
class Cell:
    """One layer; `share` in percent; `state` is "dark" (its zeroed output is not seen), "low", "full" or "none"."""

    label: str
    share: float
    state: str
    title: str


@dataclass(frozen=True)
class StrengthChart:
    """The row, and what is said of it."""

    told: str
    cells: tuple[Cell, ...]
    labels: bool
    dark: tuple[str, ...]
    note: str


def chart(verification: Verification) -> StrengthChart | None:
    """None where nobody asked."""
    found = verification.strength
    if found is None:
        return None
    cells = []
    for layer in found.layers:
        share = 100.0 * layer.seen / layer.planted if layer.planted else 0.0
        state = "none" if not layer.planted else "low" if layer.seen < ENOUGH * layer.planted else "full"
        state = "dark" if layer.zeroed is False else state
        seen = f"{layer.seen} of {layer.planted} seen" if layer.planted else "no faults planted"
        title = f"{text.plain(layer.title)}: {seen}"
        number = layer.name.split()[-1]
        label = f"{number}: {layer.seen} of {layer.planted}" if len(found.layers) <= _FIGURES else number
        cells.append(Cell(label, round(share, 1), state, title))
    note = _NOTES.get(found.how, "") if found.measured else ""
    return StrengthChart(
        text.strength(verification)[:1].upper() + text.strength(verification)[1:] + ".",
        tuple(cells),
        len(cells) <= _NUMBERS,
        tuple(text.plain(name) for name in found.unseen_layers),
        note,
    )
