"""What was searched, for docs/smallest.md: topologies by short trainings, and other recipes beside the plain one."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from toolkit.smallest.pipeline import WIDE
from toolkit.smallest.recipe import RECIPE, Run
from toolkit.smallest.records import WHOLE, Record
from toolkit.smallest.tables import many, percent, table

EPOCHS = 40
"""Topologies are compared after so many epochs and no others: most were trained for these, and length has its worth."""
_SLOPE = 0.1


def first_of_each(runs: Sequence[Record]) -> dict[str, Record]:
    """Whole runs by identity. Of one that was trained twice, on two machines, the first: what went on began there."""
    found: dict[str, Record] = {}
    for record in runs:
        if record.state == WHOLE and record.held_out:
            found.setdefault(record.identity, record)
    return found


def searched(runs: Sequence[Record]) -> list[str]:
    """Topologies by drawn starts and the one recipe, the best first."""
    whole = [record for record in first_of_each(runs).values() if not record.purpose.endswith(WIDE)]
    plain = replace(RECIPE, epochs=EPOCHS)
    found: dict[tuple[str, float], list[Record]] = {}
    for record in whole:
        run = record.run
        if run.recipe == plain and not run.start and not run.inside:
            found.setdefault((run.words, run.slope), []).append(record)
    others = {(record.run.words, record.run.slope) for record in whole} - set(found)

    def mean(records: Sequence[Record]) -> float:
        return statistics.fmean(record.held_out or 0.0 for record in records)

    return [
        "## What was searched",
        "",
        "All whole runs, one point each, of every recipe and length:",
        "",
        "![All runs](smallest/runs.svg)",
        "",
        f"Topologies by the mean of their trainings of {EPOCHS} epochs with the one recipe of the study, starts drawn, "
        f"float, held out: {len(found)}, the best first. {len(others)} others were only trained for other lengths or "
        "with other recipes, which does not compare. A run that was trained twice counts once:",
        "",
        *table(
            ("topology", "slope", "parameters", "MACs", "runs", "held out, %"),
            [
                (
                    f"`{words}`",
                    f"{slope:g}",
                    many(records[0].params),
                    many(records[0].macs),
                    str(len(records)),
                    percent(mean(records)),
                )
                for (words, slope), records in sorted(found.items(), key=lambda item: -mean(item[1]))
            ],
        ),
    ]


def recipes(runs: Sequence[Record]) -> list[str]:
    """Runs of another recipe or slope beside the plain ones of the same network, seeds and epochs; a line a recipe."""
    whole = first_of_each(runs)
    plain = {
        (run.words, run.seed, run.start, run.recipe.epochs, run.recipe.batches): record
        for record in whole.values()
        if _is_plain(run := record.run)
    }
    pairs: dict[tuple[str, str, int, int], list[tuple[Record, Record]]] = {}
    alone: list[Record] = []
    for record in whole.values():
        run = record.run
        if not record.purpose.startswith("recipe") or record.purpose.endswith(WIDE):
            continue  # what is wider is on its way to a network that is compared
        base = _beside(run, whole, plain)
        if base is not None:
            told = _changes(run, base.run)
            pairs.setdefault((run.words, told, run.recipe.epochs, base.run.recipe.batches), []).append((base, record))
        elif not _is_plain(run):
            alone.append(record)
    titles = (
        *("topology", "changed", "epochs", "batches", "seeds", "plain, %", "changed, %", "plain, loss"),
        "changed, loss",
    )
    lines = [
        (
            f"`{words}`",
            told,
            str(epochs),
            str(batches),
            str(len({pair[1].run.seed for pair in found})),
            *(percent(statistics.fmean(pair[place].held_out or 0.0 for pair in found)) for place in (0, 1)),
            *(f"{statistics.fmean(pair[place].held_out_loss or 0.0 for pair in found):.4f}" for place in (0, 1)),
        )
        for (words, told, epochs, batches), found in sorted(pairs.items(), key=lambda item: item[0][0])
    ]
    return [
        "Other recipes, each beside the plain runs of the same network, seeds and epochs, held out, means. *Batches* "
        "is how many times 64 images the plain ones take a step: as many as the changed ones, where there are such; "
        "where it is what was changed, the line says so. Of one seed less than some 0.3 points (below 400 parameters) "
        "or 0.15 (near 700) says nothing, of three about half of that:",
        "",
        *table(titles, lines, text=2),
        *_left_out(alone),
    ]


def _is_plain(run: Run) -> bool:
    """Nothing is changed but how long it is and how many images a step takes; its start may be pruned."""
    recipe = replace(RECIPE, epochs=run.recipe.epochs, batches=run.recipe.batches)
    return run.slope == _SLOPE and not run.inside and run.recipe == recipe


def _beside(
    run: Run, whole: Mapping[str, Record], plain: Mapping[tuple[str, int, str, int, int], Record]
) -> Record | None:
    """The plain run that one is held to: what it goes on from, else one that differs in as little as there is."""
    start = whole.get(run.start)
    if start is not None and start.run.words == run.words:  # what is pruned out of a start has other words
        return start
    for batches in (run.recipe.batches, RECIPE.batches):
        base = plain.get((run.words, run.seed, run.start, run.recipe.epochs, batches))
        if base is not None and base.run != run:
            return base
    return None


def _changes(run: Run, base: Run) -> str:
    """What a run has other than the one beside it; of one that goes on from it, other than the recipe."""
    going_on = bool(run.start) and run.start != base.start
    beside = replace(RECIPE, batches=base.recipe.batches)
    changes = [f"{key} {value:g}" for key, value in vars(run.recipe).items() if value != getattr(beside, key)]
    slope = [f"slope {run.slope:g}"] if run.slope != _SLOPE else []
    inside = [f"inside `{run.inside}`"] if run.inside else []
    told = [*slope, *inside, *(each for each in changes if "epochs" not in each)]
    return ", ".join([*told, *(["going on from it"] if going_on else [])])


def _left_out(alone: Sequence[Record]) -> list[str]:
    """Runs of another recipe that no plain one stands beside."""
    if not alone:
        return ["None is left out.", ""]
    told = Counter(
        f"`{record.run.words}`, {_changes(record.run, record.run)}, {record.run.recipe.epochs} epochs"
        + (", out of a wider one" if record.run.start else "")
        for record in alone
    )
    each = "; ".join(f"{many} of {words}" for words, many in sorted(told.items()))
    return [f"Left out, as no plain run of theirs stands beside them: {len(alone)} ({each}).", ""]
