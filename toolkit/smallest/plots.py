"""The plots of docs/smallest.md, drawn from the records alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import zoo
from toolkit.smallest.published import PUBLISHED
from toolkit.smallest.records import WHOLE, Record
from toolkit.smallest.results import Row

_CHOSEN = {"validation": ("#2e933c", "s"), "test set": ("#d1495b", "x"), "not told": ("#8d5a97", "d")}
_OURS = "#1b6ca8"
_GREY = "#888888"
_TICKS = (99.5, 99, 98, 97, 95, 93, 90)
PAPER = "the paper"
_COSTS = {
    "params": "parameters as stored",
    "weight_bytes": "bytes of weights",
    "tflite_bytes": ".tflite, bytes",
    "flash_bytes": "flash, bytes",
    "ram_bytes": "RAM, bytes",
    "instructions": "instructions an inference",
}
_LEAST, _MOST, _APART = 0.32, 30.0, 0.062
"""Wrong answers in per cent that a panel of costs shows; how far apart two names are in it, in parts of its height."""


@dataclass(frozen=True)
class Cost:
    """One network in the picture of costs.

    Attributes:
        label: written beside it; empty: it is a mark alone.
        accuracy: on the test set, 0 to 1.
        chosen_on: PAPER, or as `Published.chosen_on`.
        ours: a network of this project, and not a published one.
        costs: by the name of a cost; None where it is not known.
    """

    label: str
    accuracy: float
    chosen_on: str
    ours: bool
    costs: Mapping[str, int | None]


def _axes(figure: Any, *place: int, ticks: Sequence[float] = _TICKS) -> Any:
    axes = figure.add_subplot(*place)
    axes.grid(visible=True, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_yscale("log")
    axes.invert_yaxis()
    axes.minorticks_off()
    axes.set_yticks([100 - tick for tick in ticks], [f"{tick:g}" for tick in ticks])
    return axes


def _blank(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # without pyplot: no window system, no global state

    return Figure(figsize=(width, height), layout="constrained")


def _figure(width: float, height: float) -> tuple[Any, Any]:
    figure = _blank(width, height)
    return figure, _axes(figure)


def _save(figure: Any, path: Path) -> None:
    """As SVG without date and with fixed ids, so that the same data give the same file."""
    import matplotlib

    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.hashsalt": "tinyml", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def frontier(rows: Sequence[Row], path: Path) -> None:
    """Accuracy on the test set against parameters: ours with one standard error, published ones, the paper's."""
    figure, axes = _figure(8.5, 5.2)
    for each in PUBLISHED:
        if each.params is None:
            continue
        colour, mark = _CHOSEN[each.chosen_on]
        axes.plot(each.params, 100 - 100 * each.accuracy, mark, color=colour, markersize=7)
        axes.annotate(each.name.split(",")[0].split(" (")[0], (each.params, 100 - 100 * each.accuracy), (6, 4),
                      textcoords="offset points", fontsize=8, color=colour)  # fmt: skip
    for name in zoo.of_the_paper():
        for figures in zoo.get(name).paper[:1]:
            if figures.valid > 0.9 and figures.params < 20_000:
                axes.plot(figures.params, 100 - 100 * figures.valid, "+", color=_GREY, markersize=8)
    for row in rows:
        if row.int8_mean is None or row.standard_error is None:
            continue
        at = (row.params, 100 - 100 * row.int8_mean)
        axes.errorbar(*at, 100 * row.standard_error, fmt="o", color=_OURS, capsize=3, markersize=7,
                      mfc=_OURS if row.stands else "white", alpha=1 if row.stands else 0.5)  # fmt: skip
        if row.stands:
            axes.annotate(row.network, at, (-6, -12), textcoords="offset points", fontsize=9, weight="bold",
                          color=_OURS, ha="right")  # fmt: skip
    for label, colour, mark in (
        ("here: int8, mean of the pipelines, chosen on held-out images (hollow: an earlier round)", _OURS, "o"),
        *((f"published, chosen on: {key}", *value) for key, value in _CHOSEN.items()),
        ("the paper's, as printed", _GREY, "+"),
    ):
        axes.plot([], [], mark, color=colour, label=label)
    axes.set_xscale("log")
    axes.set_xlim(left=200)
    axes.set_xlabel("parameters as stored")
    axes.set_ylabel("accuracy on the 10,000 test images, %")
    axes.legend(fontsize=8, loc="lower right")
    _save(figure, path)


def runs(found: Sequence[Record], path: Path) -> None:
    """Every whole run: held-out accuracy against parameters, by the number of epochs."""
    figure, axes = _figure(8.5, 4.6)
    whole = [record for record in found if record.state == WHOLE and record.held_out]
    points = axes.scatter(
        [record.params for record in whole],
        [100 - 100 * (record.held_out or 0) for record in whole],
        c=[record.run.recipe.epochs for record in whole],
        cmap="viridis",
        s=22,
    )
    figure.colorbar(points, label="epochs")
    axes.set_xscale("log")
    axes.set_xlabel("parameters as stored")
    axes.set_ylabel("held-out accuracy, float, %")
    _save(figure, path)


def costs(points: Sequence[Cost], path: Path) -> None:
    """Accuracy on the test set against each cost, a panel each: every network of which it is known."""
    figure = _blank(11, 7.4)
    for place, (cost, title) in enumerate(_COSTS.items(), 1):
        axes = _axes(figure, 2, 3, place, ticks=(99.5, 99, 98, 97, 95, 90, 80))
        axes.set_ylim(_MOST, _LEAST)
        axes.set_xscale("log")
        axes.set_xlabel(title)
        known = [(each, value) for each in points if (value := each.costs.get(cost)) is not None]
        for each, value in known:
            _mark(axes, each, (value, 100 - 100 * each.accuracy))
        least, most = min(value for _, value in known), max(value for _, value in known)
        axes.set_xlim(least / (most / least) ** 0.62, most * (most / least) ** 0.08)  # on the left is room for names
        _names(axes, [(each, value) for each, value in known if each.label])
    figure.supylabel("accuracy on the 10,000 test images, %", fontsize=10)
    for label, colour, mark, face in (
        ("here, int8, chosen on held-out images", _OURS, "o", _OURS),
        ("an earlier round of these", _OURS, "o", "white"),
        ("the paper's ten, trained again by its recipe, last epoch", _GREY, "+", _GREY),
        *((f"published, chosen on: {key}", *value, value[0]) for key, value in _CHOSEN.items()),
    ):
        figure.axes[0].plot([], [], mark, color=colour, mfc=face, label=label)
    figure.legend(fontsize=8, loc="outside lower center", ncols=3)
    _save(figure, path)


def _mark(axes: Any, each: Cost, at: tuple[float, float]) -> None:
    colour, mark = (_OURS, "o") if each.ours else _CHOSEN.get(each.chosen_on, (_GREY, "+"))
    stands = not each.ours or bool(each.label)
    axes.plot(*at, mark, color=colour, markersize=6, mfc=colour if stands else "white", alpha=1 if stands else 0.5)


def _names(axes: Any, standing: Sequence[tuple[Cost, int]]) -> None:
    """In a column on the left, the best on top, each with a line to its point: beside these they would overlap."""
    below = 1.0
    for each, value in sorted(standing, key=lambda found: -found[0].accuracy):
        wrong = 100 - 100 * each.accuracy
        below = min(below - _APART, math.log(_MOST / wrong) / math.log(_MOST / _LEAST) + 0.04)
        line = {"arrowstyle": "-", "color": _OURS, "alpha": 0.35, "lw": 0.8}
        axes.annotate(each.label, (value, wrong), (0.02, below), textcoords="axes fraction", fontsize=8, color=_OURS,
                      va="center", arrowprops=line)  # fmt: skip
