"""What the conversion to int8 cost, as the page has it."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import Verification
from toolkit.report import text

FULL = 60.0
"""Decibels of a full bar: more is no loss that anybody would look for."""


@dataclass(frozen=True)
class LayerBar:
    """One layer; `width` of its bar in per cent, 0 where nothing is to be drawn."""

    name: str
    ratio: str
    width: float
    worst: bool


@dataclass(frozen=True)
class CostTable:
    """The section.

    Attributes:
        lead: in a sentence; columns: after set and metric.
        rows: set, metric, and a value for each column.
        layers: in the order of computation; note: how they were compared.
    """

    lead: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    layers: tuple[LayerBar, ...]
    note: str


def table(verification: Verification) -> CostTable | None:
    """None where no float32 network is known."""
    cost = verification.conversion
    if cost is None:
        return None
    rows = []
    for name, by_row in cost.scores.items():
        metrics = dict.fromkeys(metric for scores in by_row.values() for metric in scores)
        for metric in metrics:
            values = (
                text.scored(metric, by_row[row][metric]) if metric in by_row.get(row, {}) else "-"
                for row in text.CONVERSION_ROWS
            )
            rows.append((verification.set(name).words.title, text.metric(metric), *values))
    lead = f"The int8 network beside {cost.source}, the float32 network that it was made of"
    lead += f"; that one was given {cost.inputs}." if cost.inputs else f". {cost.missing}"
    layers = tuple(
        LayerBar(
            each.title,
            ("no partner" if not each.partner else "no noise, or no signal")
            if each.snr_db is None
            else text.decibels(each.snr_db),
            0.0 if each.snr_db is None else round(max(0.0, min(1.0, each.snr_db / FULL)) * 100, 1),
            each.name == cost.worst,
        )
        for each in cost.layers
    )
    note = (
        f"Signal to noise of each layer's output, over {text.many(cost.samples, 'input')}: energy of the float32 "
        "tensor over that of its difference to the dequantised int8 tensor. The noise of the layers before is in it; "
        "marked is the layer that adds most of its own."
    )
    return CostTable(lead, tuple(text.CONVERSION_ROWS.values()), tuple(rows), layers, note)
