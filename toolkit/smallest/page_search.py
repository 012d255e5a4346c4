"""What was searched, for docs/smallest.md: topologies by short trainings, and other recipes beside the plain one."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from toolkit.smallest.pipeline import WIDE
from toolkit.smallest.recipe import RECIPE, Run
from toolkit.smallest.records import WHOLE, Record
from toolkit.smallest.tables import many, percent, table

_SHOWN = 16


def searched(runs: Sequence[Record]) -> list[str]:
    """Topologies, the best first."""
    trials = [
        record
        for record in runs
        if record.state == WHOLE and record.held_out and not record.run.start and not record.purpose.endswith(WIDE)
    ]
    best: dict[tuple[str, float], list[Record]] = {}
    for record in trials:
        best.setdefault((record.run.words, record.run.slope), []).append(record)

    def mean(found: list[Record]) -> float:
        return sum(record.held_out or 0 for record in found) / len(found)

    shown = sorted(best.items(), key=lambda item: -mean(item[1]))[:_SHOWN]
    return [
        "## What was searched",
        "",
        "All runs, one point each:",
        "",
        "![All runs](smallest/runs.svg)",
        "",
        f"The {len(shown)} best topologies of {len(best)} by the mean of their short trainings, float, held out:",
        "",
        *table(
            ("topology", "slope", "parameters", "MACs", "runs", "epochs", "held out, %"),
            [
                (
                    f"`{words}`",
                    f"{slope:g}",
                    many(found[0].params),
                    many(found[0].macs),
                    str(len(found)),
                    "-".join(str(each) for each in sorted({record.run.recipe.epochs for record in found})),
                    percent(mean(found)),
                )
                for (words, slope), found in shown
            ],
        ),
    ]


def recipes(runs: Sequence[Record]) -> list[str]:
    """Runs of another recipe or slope beside the plain ones of the same network, seeds and epochs; a line a recipe."""
    plain = {
        (record.run.words, record.run.seed, record.run.recipe.epochs): record
        for record in runs
        if record.held_out and record.run == Run(
            record.run.words, 0.1, record.run.seed, replace(RECIPE, epochs=record.run.recipe.epochs)
        )
    }  # fmt: skip
    # Of a run that two machines trained, the first record: what went on from it began there.
    by_identity = {record.identity: record for record in reversed(runs) if record.state == WHOLE}
    pairs: dict[tuple[str, str, int], list[tuple[Record, Record]]] = {}
    for record in runs:
        if not record.held_out or not record.purpose.startswith("recipe"):
            continue
        run = record.run
        base = by_identity.get(run.start) or plain.get((run.words, run.seed, run.recipe.epochs))
        told = _changes(run)
        if base is not None and base.run.words == run.words and told:  # what is pruned has other words
            pairs.setdefault((run.words, told, run.recipe.epochs), []).append((base, record))
    titles = ("topology", "changed", "epochs", "seeds", "plain, %", "changed, %", "plain, loss", "changed, loss")
    lines = [
        (
            f"`{words}`",
            told,
            str(epochs),
            str(len({pair[1].run.seed for pair in found})),
            *(percent(statistics.fmean(pair[place].held_out or 0.0 for pair in found)) for place in (0, 1)),
            *(f"{statistics.fmean(pair[place].held_out_loss or 0.0 for pair in found):.4f}" for place in (0, 1)),
        )
        for (words, told, epochs), found in sorted(pairs.items(), key=lambda item: item[0][0])
    ]
    return [
        "Other recipes, each beside the plain runs of the same network and seeds, held out, means. Of one seed less "
        "than some 0.3 points (below 400 parameters) or 0.15 (near 700) says nothing, of three about half of that:",
        "",
        *table(titles, lines, text=2),
    ]


def _changes(run: Run) -> str:
    """What a run has other than the recipe and the slope that all have."""
    changes = [f"{key} {value:g}" for key, value in vars(run.recipe).items() if value != getattr(RECIPE, key)]
    slope = [f"slope {run.slope:g}"] if run.slope != 0.1 else []
    inside = [f"inside `{run.inside}`"] if run.inside else []
    told = [*slope, *inside, *(each for each in changes if "epochs" not in each)]
    return ", ".join([*told, "going on from it"] if run.start else told)
