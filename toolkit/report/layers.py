"""The layers of the inputs that were traced: as one line, and as a row of cells for the page."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import Trace, Verification
from toolkit.report import text

MOST_LABELS = 24
"""Layers beyond which cells carry no number."""


@dataclass(frozen=True)
class Cell:
    """One layer: "full": the host's on every input; "first" that is not; "after" that, where another is not either."""

    state: str
    label: str
    title: str


@dataclass(frozen=True)
class LayerRow:
    """The row.

    Attributes:
        told: what came of it, in a sentence.
        cells: in the order of computation; empty where nothing was traced.
        labels: whether there is room for numbers.
        first: where the device first differs, in words; cause: why, as far as that is known.
    """

    told: str
    cells: tuple[Cell, ...]
    labels: bool
    first: str
    cause: str


def told(verification: Verification) -> str:
    """One line; empty where nobody asked, or the record is from before there were layers."""
    trace = verification.trace
    if trace is None:
        return ""
    if not trace.layers:
        return f"not traced: {text.plain(trace.missing)}"
    inputs = text.many(trace.inputs, "input")
    wrong = _first(trace)
    if wrong is None:
        number = len(trace.layers)
        which = "the one layer" if number == 1 else f"all {number:,} layers"
        return f"{which} of {inputs} {'equals' if number == 1 else 'equal'} the host's"
    layer = trace.layers[wrong]
    return f"{layer.name} ({' + '.join(layer.operators)}) is the host's on {layer.equal:,} of {inputs} only"


def row(verification: Verification) -> LayerRow | None:
    """The row, or None where nothing can be said."""
    trace, first = verification.trace, verification.first_difference
    if trace is None or (not trace.layers and not (first and first.layer)):
        return None
    wrong = _first(trace)
    at = len(trace.layers) if wrong is None else wrong
    cells = tuple(
        Cell(
            "full" if layer.equal == trace.inputs else "first" if place == at else "after",
            layer.name.rpartition(" ")[2],
            f"{layer.name}: {' + '.join(layer.operators)}, {text.plain(layer.tensor.split(';')[0])}; "
            f"equal on {layer.equal:,} of {trace.inputs:,} inputs, {text.many(layer.distinct, 'distinct output')}",
        )
        for place, layer in enumerate(trace.layers)
    )
    return LayerRow(
        told=f"{told(verification)[:1].upper()}{told(verification)[1:]}.",
        cells=cells,
        labels=len(cells) <= MOST_LABELS,
        first=text.plain(str(first or "")),
        cause=text.plain(first.cause) if first else "",
    )


def _first(trace: Trace) -> int | None:
    return next((place for place, layer in enumerate(trace.layers) if layer.equal < trace.inputs), None)
