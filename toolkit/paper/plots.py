"""The plots of docs/paper.md, drawn from the data files alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from toolkit.paper.questions import HarderRow, MethodRow
from toolkit.paper.runs import Result
from toolkit.paper.tables import Row, Spread

_COLOURS = (
    "#1b6ca8",
    "#d1495b",
    "#2e933c",
    "#8d5a97",
    "#edae49",
    "#444444",
    "#00798c",
    "#b56576",
    "#6d6875",
    "#7f5539",
)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # without pyplot: no window system, no global state

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=True, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    """As SVG without date and with fixed ids, so that the same data give the same file."""
    import matplotlib

    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.hashsalt": "tinyml", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def accuracy_against_size(rows: Iterable[Row], best: Iterable[Result], path: Path) -> None:
    """All networks on one page: ours with their spread, the paper's beside them; size on a logarithmic axis."""
    figure, axes = _figure(8.5, 5.2)
    seen = set()
    for row in rows:
        if row.model in seen or row.valid_spread is None or row.size_bytes is None:
            continue
        seen.add(row.model)
        colour = _COLOURS[(len(seen) - 1) % len(_COLOURS)]
        size, spread = row.size_bytes / 1024, row.valid_spread
        low, high = spread.mean - spread.min, spread.max - spread.mean
        axes.errorbar(size, 100 * spread.mean, yerr=[[100 * low], [100 * high]], fmt="o", color=colour, capsize=3)
        axes.plot(row.size_paper_kb, 100 * row.valid_paper, "x", color=colour)
        axes.annotate(row.model, (size, 100 * spread.mean), xytext=(6, -10), textcoords="offset points", fontsize=8)
    shipped = [result for result in best if "int8" in result.accuracy]
    if shipped:
        spread = Spread.of(result.accuracy["int8"] for result in shipped)
        size = shipped[0].sizes["int8"] / 1024
        axes.plot(size, 100 * spread.mean, "*", color="black", markersize=11)
        axes.annotate(
            "proposed, best recipe, int8",
            (size, 100 * spread.mean),
            xytext=(8, 3),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set_xscale("log")
    axes.set_xlabel("size of the .tflite, KiB (dots: ours, float32; crosses: the paper's)")
    axes.set_ylabel("accuracy on the 10,000 test images, %")
    _save(figure, path)


def curves(results: Iterable[Result], path: Path) -> None:
    """Accuracy on the test images after each epoch, one line for each network; the 20th epoch is marked."""
    figure, axes = _figure(8.5, 5.2)
    for place, result in enumerate(results):
        epochs = range(1, len(result.curve) + 1)
        colour = _COLOURS[place % len(_COLOURS)]
        axes.plot(epochs, [100 * value for value in result.curve], color=colour, linewidth=1, label=result.run.model)
    axes.axvline(20, color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy on the test images, %")
    axes.set_ylim(bottom=90)
    axes.legend(fontsize=7, frameon=False)
    _save(figure, path)


def compression(rows: Iterable[MethodRow], path: Path) -> None:
    """Accuracy against the bytes of the compressed file, one colour for each network, averaged over its seeds."""
    figure, axes = _figure(8.5, 5.2)
    by_model: dict[str, list[MethodRow]] = {}
    for row in rows:
        by_model.setdefault(row.model, []).append(row)
    for place, (model, found) in enumerate(by_model.items()):
        for row in found:
            size, score = row.size_bytes / 1024, 100 * row.accuracy.mean
            label = model if row.method == "float32" else None
            axes.plot(size, score, "o", color=_COLOURS[place], markersize=4, label=label)
            axes.annotate(row.method, (size, score), xytext=(4, 2), textcoords="offset points", fontsize=6)
    axes.set_xscale("log")
    axes.set_xlabel("size of the .tflite, KiB")
    axes.set_ylabel("accuracy on the test images, %")
    axes.legend(fontsize=8, frameon=False)
    _save(figure, path)


def harder(rows: Iterable[HarderRow], path: Path) -> None:
    """Accuracy on MNIST and on Fashion-MNIST, network by network; only those that are run on both."""
    figure, axes = _figure(8.5, 4.6)
    both = [(row.model, row.mnist, row.fashion_mnist) for row in rows if row.mnist and row.fashion_mnist]
    places = range(len(both))
    for shift, name, values in (
        (-0.2, "MNIST", [easy for _, easy, _ in both]),
        (0.2, "Fashion-MNIST", [hard for _, _, hard in both]),
    ):
        colour = _COLOURS[0] if shift < 0 else _COLOURS[1]
        axes.bar([at + shift for at in places], [100 * value for value in values], 0.4, label=name, color=colour)
    axes.set_xticks(list(places), [model for model, _, _ in both], rotation=30, ha="right", fontsize=8)
    axes.set_ylabel("accuracy on the test images, %")
    axes.legend(fontsize=8, frameon=False)
    _save(figure, path)
