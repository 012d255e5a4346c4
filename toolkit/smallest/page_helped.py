"""The end of docs/smallest.md: starts that are pruned beside drawn ones, what helped, what was not done, how again."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.smallest.page_search import first_of_each
from toolkit.smallest.pipeline import WIDE, Plan
from toolkit.smallest.recipe import Recipe
from toolkit.smallest.records import Record
from toolkit.smallest.search import CLASSES
from toolkit.smallest.tables import percent, table

_HAND = ("search", "search rows measured")
"""Purposes of the trainings of topologies that a person thought of."""


@dataclass(frozen=True)
class Starts:
    """Starts of one topology, trained by one recipe.

    Attributes:
        words, recipe: which.
        pruned: those of the pipelines that come out of a wider network.
        before: epochs that these had on the way, as wider networks.
        drawn: all others of the study: starting weights by the seed, alone.
    """

    words: str
    recipe: Recipe
    pruned: tuple[Record, ...]
    before: int
    drawn: tuple[Record, ...]


def mean_and_error(found: Sequence[float]) -> tuple[float, float]:
    """A mean and its standard error, which takes two at least."""
    return statistics.fmean(found), statistics.stdev(found) / math.sqrt(len(found))


def starts(runs: Sequence[Record]) -> tuple[Starts, ...]:
    """Of every topology whose pipelines pruned their starts; each run once."""
    whole = first_of_each(runs)
    pruned: dict[tuple[str, float, Recipe], list[Record]] = {}
    for record in whole.values():
        start = whole.get(record.run.start)
        if record.purpose.endswith(" start") and start is not None and start.purpose.endswith(WIDE):
            pruned.setdefault((record.run.words, record.run.slope, record.run.recipe), []).append(record)
    return tuple(
        Starts(words, recipe, tuple(found), _before(found[0], whole), tuple(
            record for record in whole.values()
            if (record.run.words, record.run.slope, record.run.recipe) == (words, slope, recipe)
            and not record.run.start and not record.run.inside
        ))
        for (words, slope, recipe), found in pruned.items()
    )  # fmt: skip


def _before(record: Record, whole: Mapping[str, Record]) -> int:
    start = whole.get(record.run.start)
    return 0 if start is None else start.run.recipe.epochs + _before(start, whole)


def _figures(found: Sequence[float]) -> tuple[str, str, str]:
    if len(found) < 2:
        return str(len(found)), "-", "-"
    mean, error = mean_and_error(found)
    return str(len(found)), percent(mean, 3), percent(error, 3)


def pruned(runs: Sequence[Record], plans: Mapping[str, Plan]) -> list[str]:
    """Pruned starts beside drawn ones, by the records."""
    compared = starts(runs)
    lines, told = [], []
    for each in compared:
        for kind, records, before in (("pruned", each.pruned, each.before), ("drawn", each.drawn, 0)):
            held_out = [record.held_out for record in records if record.held_out]
            fits = [record.fit for record in records if record.fit]
            lines.append((f"`{each.words}`", kind, str(before), str(each.recipe.epochs), str(each.recipe.batches),
                          *_figures(held_out), *_figures(fits)))  # fmt: skip
        told.append(_gain(each))
    if not lines:
        return []
    titles = (
        *("topology", "starts", "epochs as wider ones", "epochs", "batches", "n", "held out, %", "standard error"),
        *("n", "training images, %", "standard error"),
    )
    return [
        "## Pruned starts beside drawn ones",
        "",
        "The short trainings of the fourth round's pipelines, whose starts are pruned out of wider networks, beside "
        "all runs of the study with the same topology, recipe and length whose starting weights were drawn. Float; the "
        "first runs were not asked for their training images; each run counts once:",
        "",
        *table(titles, lines, text=2),
        f"Held out, pruned less drawn, in points: {'; '.join(told)}. The pruned ones had their epochs as wider "
        "networks besides.",
        "",
        "So pruning by itself gains nothing here that could be told from chance. What the fourth round gained may come "
        "as well from the two other things that it changed: the pooled choice, by the right answers among all 60,000 "
        f"images that may be seen, and more starts or more epochs a start: {_longer(plans)}.",
        "",
    ]


def _gain(each: Starts) -> str:
    ours, others = ([record.held_out or 0.0 for record in found] for found in (each.pruned, each.drawn))
    if min(len(ours), len(others)) < 2:
        return f"`{each.words}` has no drawn ones"
    (one, first), (other, second) = mean_and_error(ours), mean_and_error(others)
    error = math.hypot(first, second)
    said = "within two standard errors of nothing" if abs(one - other) < 2 * error else "more than two standard errors"
    return f"`{each.words}` {100 * (one - other):+.3f} ± {100 * error:.3f}, {said}"


def _longer(plans: Mapping[str, Plan]) -> str:
    """Starts and epochs to one file, of each plan with pruned starts and of the one that it stands against."""

    def told(plan: Plan) -> str:
        return f"`{plan.name}` {len(plan.shorts(1))} starts, {plan.epochs} epochs to a file"

    return "; ".join(
        f"{told(plan)} ({told(plan.against)})"
        for plan in plans.values()
        if plan.wider is not None and plan.against is not None and plan.of is None
    )


def _automatic(runs: Sequence[Record]) -> str:
    """What Optuna was asked, and how many topologies a person thought of."""
    told, without = [], []
    for name in CLASSES:
        mine = [record for record in runs if record.purpose == f"search {name}"]
        whole = [record for record in mine if record.held_out]
        if not whole:
            without.append(name)
            continue
        best = max(whole, key=lambda record: record.held_out or 0.0)
        told.append(
            f"for the class of at most {name} parameters {len(mine)} runs of {best.run.recipe.epochs} epochs, "
            f"{len(whole)} whole and {len(mine) - len(whole)} stopped, the best of them `{best.run.words}` with "
            f"{percent(best.held_out)} % held out"
        )
    by_hand = {record.run.words for record in runs if record.purpose in _HAND and record.held_out}
    tied = [record.held_out for record in runs if record.purpose == "half start" and record.held_out]
    beside = f"; the tied network that became `half` has {percent(statistics.fmean(tied))} % after 20, the mean of " \
             f"{len(tied)}" if tied else ""  # fmt: skip
    return (
        f"- Topologies were hardly searched by a program: Optuna had {'; '.join(told) or 'none'}{beside}. For the "
        f"classes {', '.join(without)} it never ran. The {len(by_hand)} topologies of the searches in the records that "
        "are not Optuna's were thought of by hand, and compared by a training or two each."
    )


def helped(runs: Sequence[Record]) -> list[str]:
    """What helped, and what was not done."""
    return [
        "## What helped, and what was not done",
        "",
        "- Longer trainings: not by themselves. The one pipeline of `smallest-long` that came to its end was no "
        "better.",
        "- Many starting weights (`-wide`): 0.3 to 0.4 points held out, which choose them, and 0.1 to 0.2 on the test "
        "set, which does not: most of that gain is the choice itself.",
        "- The fourth round (`-pruned`): 0.1 points held out for `smallest`, `smallest-upright` and `compact`. Pruned "
        "starts by themselves are [not better than drawn ones](#pruned-starts-beside-drawn-ones) by more than chance; "
        "near 340 parameters three trials were none better either, and `half` got no such plan.",
        "- A loss that forgives what the network cannot get right (generalised cross-entropy), slopes below 0: worse.",
        "- Training inside a wider network that is dropped at the end (NetAug): within noise for `proposed` and "
        "`smallest`, worse for `half`.",
        "- A loss against a teacher, of two networks of 9,962 parameters: no better, alone or mixed with the right "
        "labels. The teachers are in the records, their students in the protocol alone.",
        _automatic(runs),
        "- Not done: weights of 4 bits, an int8 grid for activations while training.",
        "",
        "Held out, recipes and lengths move a topology by some 0.15 points, starting weights by 0.2 to 0.5. What "
        "stands in the way of the targets is in their table above: three of the topologies do not reach theirs on the "
        "images that they are trained on.",
        "",
    ]


def again(runs: Sequence[Record]) -> list[str]:
    """How it is made again, and what came of that once."""
    five = [record.held_out_int8 for record in runs if record.purpose == "smallest-pruned pipeline"]
    stand = [each for each in five if each is not None]
    spread = f"the {len(stand)} of the study stand between {percent(min(stand))} and {percent(max(stand))} %" if stand \
        else "none of the study is whole"  # fmt: skip
    return [
        "## Again",
        "",
        "    tinyml smallest train smallest-pruned --seed 6 --study build/again    # one whole pipeline, from nothing",
        "    tinyml smallest page                                                  # this page, from the kept records",
        "",
        "The trainer (`toolkit/smallest/trainer/`) is C with the compiler's vectors, built at first use; its gradients "
        "are held to differences and its networks to Keras by tests. Another CPU sums in another order: the weights "
        "differ then, the accuracy hardly. Seen once: the first command, with a seed that no pipeline had, took nine "
        f"minutes on two cores and ended at 98.89 % held out, int8, where {spread}. It ran after the study, for "
        "this page, and is not among its records.",
        "",
    ]
