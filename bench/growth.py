"""How cost grows: instructions per multiply-accumulate, for every network of the paper."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.rows import Row

BOARD = "mps2-an386"
DTYPES = ("int8", "float32")


def _cells(row: Row | None) -> str:
    if row is None or row.instructions is None or not row.macs:
        return "| | "
    return f"| {row.instructions:,} | {row.instructions / row.macs:.2f} "


def of(rows: Sequence[Row], model: str, dtype: str) -> Row | None:
    """Our row for speed on the Cortex-M4F, if there is one."""
    wanted = (model, dtype, BOARD, "tinyml aot, for speed")
    return next((row for row in rows if (row.model, row.dtype, row.board, row.engine) == wanted), None)


def table(rows: Sequence[Row], models: Sequence[str], trained: Sequence[str]) -> str:
    """As Markdown, by MACs, the untrained last.

    Args:
        models: every network of the zoo by name; trained: those of them that have files.
    """
    lines = [
        "| model | MACs | int8, instructions | per MAC | float32, instructions | per MAC |",
        "|---|--:|--:|--:|--:|--:|",
    ]

    def macs(model: str) -> int:
        return next((row.macs for dtype in DTYPES if (row := of(rows, model, dtype)) and row.macs), 0)

    for model in sorted(models, key=lambda name: (not macs(name), macs(name))):
        if model not in trained:
            lines.append(f"| {model} | not trained | | | | |")
            continue
        cells = "".join(_cells(of(rows, model, dtype)) for dtype in DTYPES)
        lines.append(f"| {model} | {macs(model):,} {cells}|" if macs(model) else f"| {model} | not measured | | | | |")
    return "\n".join(lines)


def _clusters(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows whose points lie too near to each other, along the logarithmic axis, for a label each."""
    placed = sorted((row for row in rows if row.macs), key=lambda row: row.macs or 0)
    if not placed:
        return []
    apart = 0.06 * math.log((placed[-1].macs or 1) / (placed[0].macs or 1))
    clusters = [[placed[0]]]
    for row in placed[1:]:
        if math.log((row.macs or 1) / (clusters[-1][-1].macs or 1)) < apart:
            clusters[-1].append(row)
        else:
            clusters.append([row])
    return clusters


def plot(rows: Sequence[Row], models: Sequence[str], path: Path) -> None:
    """Instructions against MACs, both logarithmic, a point for each network and type, as SVG.

    Without date and with fixed ids, so that the same rows give the same file.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    figure = Figure(figsize=(8.5, 5.2), layout="constrained")
    axes: Any = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.margins(x=0.12, y=0.15)
    highest: dict[str, Row] = {}
    for dtype, colour, marker in zip(DTYPES, ("#1b6ca8", "#d1495b"), ("o", "s"), strict=True):
        found = [row for model in models if (row := of(rows, model, dtype)) and row.macs and row.instructions]
        highest |= {row.model: row for row in found}
        counts = [row.instructions for row in found]
        axes.plot([row.macs for row in found], counts, marker, color=colour, label=f"ours, {dtype}")
    for cluster in _clusters(list(highest.values())):
        middle = math.exp(statistics.fmean(math.log(row.macs or 1) for row in cluster))
        top = max(row.instructions or 0 for row in cluster)
        text = "\n".join(row.model for row in reversed(cluster))
        place = {"xytext": (0, 7), "textcoords": "offset points", "ha": "center", "va": "bottom"}
        axes.annotate(text, (middle, top), fontsize=7, **place)
    low, high = axes.get_xlim()
    for each in (1, 2, 4):
        axes.plot([low, high], [each * low, each * high], color="grey", linewidth=0.7, linestyle=":")
        place = {"xytext": (2, 5), "textcoords": "offset points", "color": "grey"}
        axes.annotate(f"{each} a MAC", (low, each * low), fontsize=7, **place)
    axes.set_xlim(low, high)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(EngFormatter())
        axis.set_minor_locator(NullLocator())
    axes.grid(visible=True, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("multiply-accumulates whose results are used")
    axes.set_ylabel("instructions of an inference, Cortex-M4F")
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "tinyml", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})
