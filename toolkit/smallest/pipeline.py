"""A whole pipeline: short trainings from several starting weights, the best of them trained on, the int8 file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from toolkit import lock, resources
from toolkit.artifacts import write_atomically
from toolkit.errors import TrainError
from toolkit.smallest import finished, kept, records, training
from toolkit.smallest.data import HELD_OUT, TRAINED, Sets
from toolkit.smallest.recipe import RECIPE, Recipe, Run, changed
from toolkit.smallest.records import Record
from toolkit.smallest.training import Progress, Weights
from toolkit.zoo.topology import parse

PLANS = "plans.json"
SEEDS = (1, 2, 3, 4, 5)
WIDE = ", wider"
"""Ends the purpose of a training whose network is pruned afterwards."""
_STARTS_APART = 100
"""Between two pipelines' seeds: a pipeline's starts are seed x 100, seed x 100 + 1 ..."""


@dataclass(frozen=True)
class Stage:
    """A training between the short ones and the long one: the `keep` best so far go on, each by `recipe`."""

    keep: int
    recipe: Recipe


@dataclass(frozen=True)
class Wider:
    """Where the starts come from: a network that loses channels while it trains.

    Attributes:
        words: topologies from the widest on; the plan's own, which is narrower than the last of them, comes behind.
        first: the recipe of the widest; then: of each one behind it but the plan's own, which gets the plan's `short`.
    """

    words: tuple[str, ...]
    first: Recipe
    then: Recipe

    @property
    def epochs(self) -> int:
        """Along the way to the plan's own network."""
        return self.first.epochs + (len(self.words) - 1) * self.then.epochs


@dataclass(frozen=True)
class Plan:
    """How one network's pipelines run; fixed before the first of them.

    Attributes:
        name: of the plan.
        network: what it is called in the zoo, once it ships, or would be: several plans may be after one name.
        words, slope: its topology.
        starts: how many starting weights a pipeline draws and trains for a while.
        short, long: recipes of these trainings and of the last one, which goes on from the best so far.
        of: the plan whose pipelines this one goes on from, seed by seed; then it draws no starts of its own.
        middle: what lies between the short trainings and the long one.
        against: the plan of the same network that this one has to beat, held out, before it is named.
        wider: a start is pruned out of a wider network, and not drawn by its seed.
        pooled: the starts are ordered by the right answers among training and held-out images together; a network of
            700 parameters learns little by heart, and ten thousand images tell two such networks badly apart.
    """

    name: str
    network: str
    words: str
    slope: float
    starts: int
    short: Recipe
    long: Recipe
    of: Plan | None = None
    middle: tuple[Stage, ...] = ()
    against: Plan | None = None
    wider: Wider | None = None
    pooled: bool = False

    @property
    def epochs(self) -> int:
        """Of one pipeline, along the way to its file."""
        between = sum(stage.recipe.epochs for stage in self.middle)
        before = self.wider.epochs if self.wider is not None else 0
        return self.long.epochs + (self.of.epochs if self.of is not None else before + self.short.epochs + between)

    def shorts(self, seed: int) -> tuple[Run, ...]:
        """The trainings that a pipeline begins with; of a further round: those of the first."""
        if self.of is not None:
            return self.of.shorts(seed)
        return tuple(self.way(seed * _STARTS_APART + place)[-1] for place in range(self.starts))

    def way(self, start: int) -> tuple[Run, ...]:
        """The short training of one start, and before it those of the wider networks that it is pruned out of."""
        steps = [(self.words, self.short)]
        if self.wider is not None:
            recipes = [self.wider.first, *[self.wider.then] * (len(self.wider.words) - 1)]
            steps = [*zip(self.wider.words, recipes, strict=True), *steps]
        runs: list[Run] = []
        for words, recipe in steps:
            runs.append(Run(words, self.slope, start, recipe, start=records.identity(runs[-1]) if runs else ""))
        return tuple(runs)

    def further(self, run: Run, recipe: Recipe) -> Run:
        """A training that goes on from where `run` ended."""
        return Run(self.words, self.slope, run.seed, recipe, start=records.identity(run))

    def whole(self, best: Run) -> Run:
        """The long training, from where `best` ended."""
        return self.further(best, self.long)

    @property
    def purposes(self) -> tuple[str, str]:
        """As the records have it: of the short and the long trainings; those between are a start's still."""
        return f"{self.name} start", f"{self.name} pipeline"


def plans(folder: Path) -> dict[str, Plan]:
    """All plans of a study; those that ship with the package where it has none of its own.

    Raises:
        TrainError: the file is missing, or one makes no sense.
    """
    path = folder / PLANS
    if not path.is_file():
        path = resources.models() / "smallest_study" / PLANS
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        made: dict[str, Plan] = {}
        for name, plan in told.items():
            read = _further(name, plan, made[plan["of"]]) if "of" in plan else _first(name, plan)
            made[name] = replace(read, against=made[plan["against"]]) if "against" in plan else read
        return made
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as caught:
        raise TrainError(f"{path} holds no plans: {caught}", "see docs/smallest.md") from None


def _first(name: str, plan: dict[str, Any]) -> Plan:
    return Plan(
        name,
        plan.get("network", name),
        parse(plan["words"], plan["slope"]).words,
        plan["slope"],
        _count(plan["starts"]),
        changed(RECIPE, plan["short"]),
        changed(RECIPE, plan["long"]),
        middle=tuple(Stage(_count(each["keep"]), changed(RECIPE, each["recipe"])) for each in plan.get("middle", ())),
        wider=_wider(plan["wider"], plan["slope"]) if "wider" in plan else None,
        pooled=bool(plan.get("pooled", False)),
    )


def _count(given: object) -> int:
    if type(given) is not int or given < 1:
        raise ValueError(f"{given!r} starts, where at least one has to go on")
    return given


def _wider(told: dict[str, Any], slope: float) -> Wider:
    words = tuple(parse(each, slope).words for each in told["words"])
    if not words:
        raise ValueError("wider than what?")
    return Wider(words, changed(RECIPE, told["first"]), changed(RECIPE, told["then"]))


def _further(name: str, plan: dict[str, Any], of: Plan) -> Plan:
    network = plan.get("network", of.network)
    against = of if network == of.network else None
    return replace(
        of, name=name, network=network, long=changed(RECIPE, plan["long"]), of=of, middle=(), against=against
    )


def plan(folder: Path, name: str) -> Plan:
    """The plan of one network.

    Raises:
        TrainError: there is none.
    """
    found = plans(folder)
    if name not in found:
        raise TrainError(f"there is no plan for {name!r}", f"{folder / PLANS} has {', '.join(found)}")
    return found[name]


def best(found: list[Record], *, pooled: bool = False) -> Record:
    """By the protocol: held-out accuracy, then lower cross-entropy, then lower seed; see `Plan.pooled`."""
    return ordered(found, pooled=pooled)[0]


def ordered(found: list[Record], *, pooled: bool = False) -> list[Record]:
    """The best first, as `best` has it."""

    def key(each: Record) -> tuple[float, float, int]:
        right = each.held_out or 0.0
        if pooled:
            right = (right * HELD_OUT + (each.fit or 0.0) * TRAINED) / (HELD_OUT + TRAINED)
        return (-round(right, 9), each.held_out_loss or 0.0, each.run.seed)

    return sorted(found, key=key)


def network_path(folder: Path, name: str, seed: int) -> Path:
    """The int8 file that a pipeline made."""
    return folder / "pipelines" / f"{name}-{seed}.tflite"


def run(chosen: Plan, seed: int, sets: Sets, folder: Path, progress: Progress | None = None) -> Record:
    """One whole pipeline; what is done already is not done again, though the weights of its starts be gone.

    Returns:
        The record of its long training, with the int8 file's held-out accuracy.

    Raises:
        TrainError: its file was named by hash, and is missing or of another plan.
        TinymlError: another process trains it.
        KeyboardInterrupt: stopped; the same call goes on.
    """
    known = whole(chosen, seed, folder)
    if known is not None:
        return known
    _not_named(chosen, seed, folder)
    command = f"tinyml smallest train {chosen.name} --seed {seed}"
    with lock.held(folder / "checkpoints" / f"pipeline-{chosen.name}-{seed}", command):
        return _run(chosen, seed, sets, folder, progress)


def whole(chosen: Plan, seed: int, folder: Path) -> Record | None:
    """A pipeline that is done and has its files; None: there is something to train."""
    path = network_path(folder, chosen.name, seed)
    found = dict(done(chosen, folder)).get(seed)
    return found if found is not None and path.is_file() and path.with_suffix(".npz").is_file() else None


def _not_named(chosen: Plan, seed: int, folder: Path) -> None:
    """Hold that a pipeline's file was not named for the judging: another CPU would not make the same one.

    Raises:
        TrainError: it was.
    """
    if str(seed) not in kept.named(folder).get(chosen.name, {}).get("files", {}):
        return
    path = network_path(folder, chosen.name, seed)
    missing = next((each for each in (path, path.with_suffix(".npz")) if not each.is_file()), None)
    if missing is not None:
        raise TrainError(
            f"{missing} is missing, and that pipeline was named for the judging", f"git checkout {missing}"
        )
    raise TrainError(
        f"{path} was named for the judging, by another plan than {PLANS} has now",
        "a plan of another name for another one",
    )


def _run(chosen: Plan, seed: int, sets: Sets, folder: Path, progress: Progress | None) -> Record:
    short, long = chosen.purposes
    if chosen.of is not None:
        start = dict(done(chosen.of, folder)).get(seed) or run(chosen.of, seed, sets, folder, progress)
        weights = training.unpacked(network_path(folder, chosen.of.name, seed).with_suffix(".npz"), start.run)
    else:
        found = [_start(chosen.way(each.seed), short, sets, folder, progress) for each in chosen.shorts(seed)]
        for stage in chosen.middle:
            found = [
                training.train(
                    chosen.further(each.run, stage.recipe),
                    short,
                    sets,
                    folder,
                    start=training.kept(folder, each.run),
                    progress=progress,
                )
                for each in ordered(found, pooled=chosen.pooled)[: stage.keep]
            ]
        start = best(found, pooled=chosen.pooled)
        weights = training.kept(folder, start.run)
    last = chosen.whole(start.run)
    seen = sets.upright() if chosen.long.upright else sets

    def convert(weights: Weights) -> float:
        network = finished.tflite(weights, seen, name=f"{chosen.name}_{seed}")
        path = network_path(folder, chosen.name, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, network)
        write_atomically(path.with_suffix(".npz"), training.packed(weights))
        held_out = seen.samples.part(len(seen.train.labels), len(seen.samples))
        return float(np.mean(finished.answers(network, held_out) == held_out.labels))

    record = training.train(last, long, sets, folder, start=weights, progress=progress, convert=convert)
    made = network_path(folder, chosen.name, seed).is_file()
    if not made and training.weights_path(folder, last).is_file():  # it was trained before, and its file went since
        convert(training.kept(folder, last))
    return record


def _start(way: tuple[Run, ...], purpose: str, sets: Sets, folder: Path, progress: Progress | None) -> Record:
    """The record of a short training, after those of wider networks, if any, each begun with what the last one left."""
    weights = None
    for each in way:
        wide = f"{purpose}{WIDE}" if each is not way[-1] else purpose
        record = training.train(each, wide, sets, folder, start=weights, progress=progress)
        weights = training.kept(folder, each)
    return record


def done(chosen: Plan, folder: Path) -> Iterator[tuple[int, Record]]:
    """(seed, record) of each whole pipeline of a network: of its topology, and its last training by that recipe."""
    for record in records.read(folder):
        run = record.run
        planned = (run.words, run.slope, run.recipe) == (chosen.words, chosen.slope, chosen.long)
        if planned and record.purpose == chosen.purposes[1] and record.state == records.WHOLE:
            yield run.seed // _STARTS_APART, record
