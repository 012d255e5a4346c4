"""How cost grows: instructions per multiply-accumulate, for every network of the paper."""

from __future__ import annotations

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


def plot(rows: Sequence[Row], models: Sequence[str], path: Path) -> None:
    """Instructions against MACs, both logarithmic, a point for each network and type, as SVG.

    Without date and with fixed ids, so that the same rows give the same file.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 5.2), layout="constrained")
    axes: Any = figure.add_subplot()
    axes.grid(visible=True, alpha=0.25)
    for dtype, colour, marker in zip(DTYPES, ("#1b6ca8", "#d1495b"), ("o", "s"), strict=True):
        found = [row for model in models if (row := of(rows, model, dtype)) and row.macs and row.instructions]
        axes.plot(
            [row.macs for row in found],
            [row.instructions for row in found],
            marker,
            color=colour,
            label=f"ours, {dtype}",
        )
        for row in found:
            below = dtype == "int8"
            axes.annotate(
                row.model,
                (row.macs, row.instructions),
                xytext=(5, -9) if below else (5, 5),
                textcoords="offset points",
                fontsize=7,
                color=colour,
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    low, high = axes.get_xlim()
    for each in (1, 2, 4):
        axes.plot([low, high], [each * low, each * high], color="grey", linewidth=0.7, linestyle=":")
        axes.annotate(f"{each} a MAC", (high, each * high), fontsize=7, color="grey", ha="right", va="bottom")
    axes.set_xlim(low, high)
    axes.set_xlabel("multiply-accumulates whose results are used")
    axes.set_ylabel("instructions of an inference, Cortex-M4F")
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "tinyml", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})
