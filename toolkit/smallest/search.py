"""A search over topologies by Optuna, on SQLite: several processes may share a study, and it goes on where it stopped.

A trial is a short training; its value is the held-out accuracy. What a class forbids (parameters, RAM by rows) is not
trained. No trial is ended early: at epoch 10 the loss says nothing of the end (rank correlation -0.05 to 0.36 in the
trials before this study).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import ModelError, ToolError
from toolkit.smallest import native, records, training
from toolkit.smallest.data import Sets
from toolkit.smallest.recipe import Recipe, Run
from toolkit.smallest.rows import ram_bytes
from toolkit.smallest.training import Progress
from toolkit.zoo.topology import Topology, parse

DATABASE = "search.db"
SEED = 18


@dataclass(frozen=True)
class Class:
    """What a search looks for: the best network within these limits; `least`: smaller ones are not worth a training."""

    name: str
    parameters: int
    least: int
    ram: int | None = None

    def takes(self, topology: Topology) -> bool:
        """Whether a network is within the limits."""
        fits = self.ram is None or ram_bytes(topology) < self.ram
        return fits and self.least <= topology.parameters <= self.parameters


CLASSES = {
    each.name: each
    for each in (
        Class("697", 697, 600),
        Class("480", 480, 400),
        Class("350", 350, 290),
        Class("rows", 4000, 300, ram=512),
    )
}


def suggest(trial: Any, *, rows: bool) -> str:
    """Words of a network: a convolution with a pool, then separable layers, the last ones tied or not, and a head.

    `rows`: a second pool, which small rows need, and a dense head may come too.
    """
    first = f"c{trial.suggest_int('first', 2, 13)}p"
    if rows and trial.suggest_categorical("full", [True, False]):
        words = [first, f"c{trial.suggest_int('second', 4, 12)}p"]
        hidden = trial.suggest_int("hidden", 0, 20, step=4)
        return " ".join([*words, *([f"d{hidden}"] if hidden else []), "F"])
    width, own, tied = (
        trial.suggest_int("width", 4, 14),
        trial.suggest_int("own", 1, 3),
        trial.suggest_int("tied", 0, 4),
    )
    growing = trial.suggest_int("growing", 0, 2)
    padded = "z" if trial.suggest_categorical("padded", [True, False]) else ""
    widths = [max(2, width - growing * (own - 1 - place)) for place in range(own)]
    words = [first]
    for place, each in enumerate(widths):
        words.append(f"s{each}{padded if place else ''}")
        if rows and not place:
            words.append("P")
    if tied and (own == 1 or widths[-2] != width):
        words.append(f"s{width}{padded}")
    words += [f"s{width}{padded}t"] * tied
    head = trial.suggest_categorical("head", ["g F", "s10n g"])
    return " ".join([*words, head])


def search(
    which: Class,
    trials: int,
    recipe: Recipe,
    sets: Sets,
    folder: Path,
    *,
    progress: Progress | None = None,
    told: Callable[[records.Record], None] | None = None,
) -> None:
    """Train networks of a class until the study has so many trained trials.

    Raises:
        ToolError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise ToolError(
            "the search needs Optuna, which is not installed", "pip install 'tinyml-toolkit[search]'"
        ) from None

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=which.name,
        storage=f"sqlite:///{folder / DATABASE}",
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(n_startup_trials=12, multivariate=True),
    )
    states = optuna.trial.TrialState
    while len(study.get_trials(deepcopy=False, states=(states.COMPLETE, states.RUNNING))) < trials:
        trial = study.ask()
        words = suggest(trial, rows=which.ram is not None)
        try:
            topology = parse(words)
        except ModelError:
            study.tell(trial, state=states.PRUNED)
            continue
        if not which.takes(topology):
            study.tell(trial, state=states.PRUNED)
            continue
        trial.set_user_attr("words", topology.words)
        run = Run(topology.words, 0.1, SEED, recipe)
        trial.set_user_attr("run", records.identity(run))
        trial.set_user_attr("trainer", native.version())
        try:
            record = training.train(run, f"search {which.name}", sets, folder, progress=progress)
        except KeyboardInterrupt:
            study.tell(trial, state=states.FAIL)
            raise
        study.tell(trial, record.held_out)
        if told is not None:
            told(record)
