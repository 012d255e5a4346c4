"""The plots of docs/smallest.md, drawn from the records alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit import zoo
from toolkit.smallest.published import PUBLISHED
from toolkit.smallest.records import WHOLE, Record
from toolkit.smallest.results import Row

_CHOSEN = {"validation": ("#2e933c", "s"), "test set": ("#d1495b", "x"), "not told": ("#8d5a97", "d")}
_OURS = "#1b6ca8"
_TICKS = (99.5, 99, 98, 97, 95, 93, 90)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # without pyplot: no window system, no global state

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=True, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_yscale("log")
    axes.invert_yaxis()
    axes.minorticks_off()
    axes.set_yticks([100 - tick for tick in _TICKS], [f"{tick:g}" for tick in _TICKS])
    return figure, axes


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
                axes.plot(figures.params, 100 - 100 * figures.valid, "+", color="#888888", markersize=8)
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
        ("the paper's, as printed", "#888888", "+"),
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
