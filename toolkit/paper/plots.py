"""The plots of docs/paper.md, drawn from the data files alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from toolkit.errors import TinymlError
from toolkit.paper.questions import HarderRow, MethodRow
from toolkit.paper.tables import Row, Spread
from toolkit.paper.training_run import Result

_Drawn = TypeVar("_Drawn")

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


def _some(drawn: Iterable[_Drawn]) -> list[_Drawn]:
    found = list(drawn)
    if not found:
        raise TinymlError("there is nothing to draw: not yet run", "the same command with --train")
    return found


_HIGH = 0.95
"""Where all curves stay above it, the axis shows what there is of them, and not the whole scale."""


def _accuracy_axis(axes: Any) -> None:
    """The y axis: error in per cent, logarithmic and upside down, told as accuracy."""
    axes.set_yscale("log")
    axes.invert_yaxis()
    axes.minorticks_off()
    ticks = (99.5, 99, 98, 97, 95, 90, 80, 60, 40, 20)
    axes.set_yticks([100 - tick for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.set_ylabel("accuracy on the 10,000 test images, %")


def accuracy_against_size(rows: Iterable[Row], best: Iterable[Result], path: Path) -> None:
    """All networks on one page: ours with their spread, the paper's beside them.

    Size is on a logarithmic axis, and so is the share of wrong answers, which is told as accuracy: from 98 to 99 %
    is as far as from 96 to 98 %.
    """
    figure, axes = _figure(8.5, 5.6)
    seen: set[str] = set()
    for row in rows:
        if row.model in seen:
            continue
        colour = _COLOURS[len(seen) % len(_COLOURS)]
        seen.add(row.model)
        axes.plot(row.size_paper_kb, 100 - 100 * row.valid_paper, "x", color=colour, markersize=7)
        if row.valid_spread is None or row.size_bytes is None:
            continue
        size, spread = row.size_bytes / 1024, row.valid_spread
        off = [[100 * (spread.max - spread.mean)], [100 * (spread.mean - spread.min)]]
        error = 100 - 100 * spread.mean
        axes.errorbar(size, error, yerr=off, fmt="o", color=colour, capsize=3, label=row.model)
    shipped = [result for result in best if "int8" in result.accuracy]
    if shipped:
        error = 100 - 100 * Spread.of(result.accuracy["int8"] for result in shipped).mean
        size = shipped[0].sizes["int8"] / 1024
        axes.plot(size, error, "*", color="black", markersize=12, label="proposed, best recipe, int8")
    axes.plot([], [], "x", color="grey", label="the paper's, same colour")
    _accuracy_axis(axes)
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xticks((3, 5, 10, 20, 50, 100, 200, 500), ("3", "5", "10", "20", "50", "100", "200", "500"))
    axes.set_xlabel("size of the .tflite, KiB (ours: float32 but for the star)")
    axes.legend(fontsize=8, loc="lower right")
    _save(figure, path)


def _named(result: Result, all_of: Iterable[Result]) -> str:
    """The network, and what tells its training from others of the same."""
    run = result.run
    alone = sum(each.run.model == run.model for each in all_of) == 1
    return run.model if alone else f"{run.model}, {run.recipe}, seed {run.seed}"


def curves(results: Iterable[Result], path: Path, claimed: float | None = None) -> None:
    """Accuracy on the test images after each epoch, one line for each training; the 20th epoch is marked.

    The axis is that of `accuracy_against_size`: what is gained at 99 % shows as well as at 75 %.

    Args:
        claimed: what the paper prints, 0 to 1, as a line of its own.

    Raises:
        TinymlError: there is none.
    """
    drawn = _some(results)
    figure, axes = _figure(8.5, 5.2)
    for place, result in enumerate(drawn):
        epochs = range(1, len(result.curve) + 1)
        colour = _COLOURS[place % len(_COLOURS)]
        errors = [100 - 100 * value for value in result.curve]
        axes.plot(epochs, errors, color=colour, linewidth=1, label=_named(result, drawn))
    axes.axvline(20, color="black", linewidth=0.8, linestyle="--")
    if claimed is not None:
        axes.axhline(100 - 100 * claimed, color="grey", linewidth=1, linestyle=":", label="the paper's figure")
    low, high = axes.get_ylim()
    _accuracy_axis(axes)
    if min(min(result.curve) for result in drawn) > _HIGH:
        axes.set_ylim(max(low, high), min(low, high))
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, path)


_METHODS = {
    "float32": "o",
    "dynamic range": "D",
    "int16x8": "^",
    "tuned": "v",
    "quantisation-aware": "s",
    "pruned 50 %": "P",
    "pruned 75 %": "X",
    "pruned 90 %": "*",
}
"""The mark of each method of `toolkit.paper.methods`, whether it ends in float32 or in int8."""


def compression(rows: Iterable[MethodRow], path: Path) -> None:
    """Accuracy against the zipped bytes of the compressed file, averaged over the seeds.

    One colour a network, one mark a method; hollow is float32, filled int8. Zipped, as zeros save no room otherwise.

    Raises:
        TinymlError: there is none.
    """
    drawn = _some(rows)
    figure, axes = _figure(8.5, 5.6)
    colours: dict[str, str] = {}
    for row in drawn:
        colour = colours.setdefault(row.model, _COLOURS[len(colours)])
        is_int8 = row.method.endswith("int8")
        method = "float32" if row.method == "int8" else row.method.removesuffix("int8").rstrip(", ")
        at = (row.zipped_bytes / 1024, 100 - 100 * row.accuracy.mean)
        axes.plot(*at, _METHODS[method], color=colour, fillstyle="full" if is_int8 else "none", markersize=7)
    for model, colour in colours.items():
        axes.plot([], [], "-", color=colour, linewidth=3, label=model)
    for method, mark in _METHODS.items():
        axes.plot([], [], mark, color="grey", fillstyle="none", label=method)
    axes.plot([], [], "o", color="grey", label="filled: int8")
    _accuracy_axis(axes)
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xticks((1, 2, 5, 10, 20, 50, 100, 200), ("1", "2", "5", "10", "20", "50", "100", "200"))
    axes.set_xlabel("size of the .tflite under zlib, KiB: what could be saved at best")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, path)


def harder(rows: Iterable[HarderRow], path: Path) -> None:
    """Accuracy on MNIST and on Fashion-MNIST, network by network; only those that are run on both.

    Raises:
        TinymlError: there is none.
    """
    both = _some((row.model, row.mnist, row.fashion_mnist) for row in rows if row.mnist and row.fashion_mnist)
    figure, axes = _figure(8.5, 4.6)
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
