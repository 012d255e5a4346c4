"""A search over topologies by Optuna, on SQLite: several processes may share a study, and it goes on where it stopped.

A trial is a short training; its value is the held-out accuracy. What a class forbids (parameters, RAM by rows) is not
trained. No trial is ended early: at epoch 10 the loss says nothing of the end (rank correlation -0.05 to 0.36 in the
trials before this study).

A trial is under way while its process holds the trial's lock, which ends with the process, however that ends. What is
found without is asked for again, with the same parameters: the same training goes on from its checkpoint. Optuna's own
heartbeat is for `Study.optimize`, and takes minutes to tell a dead process from a slow one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import lock
from toolkit.errors import ModelError, TinymlError, ToolError, TrainError
from toolkit.smallest import native, records, training
from toolkit.smallest.data import Sets
from toolkit.smallest.recipe import Recipe, Run
from toolkit.smallest.rows import ram_bytes
from toolkit.smallest.training import Progress
from toolkit.zoo.topology import Topology, parse

DATABASE = "search.db"
SEED = 18
TURN_SECONDS = 60.0
_COMMAND = "tinyml smallest search"


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
) -> int:
    """Train networks of a class until the study has so many trials, trained or under way in any process.

    The study is that of the class and of the recipe's epochs. What was interrupted goes on first.

    Returns:
        How many were trained here.

    Raises:
        ToolError: Optuna is not installed.
        TinymlError: the study's folder cannot be written, or another process keeps the study to itself.
        KeyboardInterrupt: stopped; the same call goes on from the last checkpoint.
    """
    try:
        import optuna
    except ImportError:
        raise ToolError(
            "the search needs Optuna, which is not installed", "pip install 'tinyml-toolkit[search]'"
        ) from None

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # A lock takes its folders away that it made: not this one, where another process may be about to write.
    _place(folder, "").parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as ends:
        with _turn(folder):
            storage = optuna.storages.RDBStorage(f"sqlite:///{folder / DATABASE}")
            ends.callback(storage.engine.dispose)  # else its connections stay open until they are collected
            ends.callback(storage.remove_session)
            study = optuna.create_study(
                study_name=f"{which.name}-{recipe.epochs}",
                storage=storage,
                direction="maximize",
                load_if_exists=True,
                sampler=optuna.samplers.TPESampler(n_startup_trials=12, multivariate=True),
            )
        return _all(study, trials, which, recipe, sets, folder, progress, told)


def _all(
    study: Any,
    trials: int,
    which: Class,
    recipe: Recipe,
    sets: Sets,
    folder: Path,
    progress: Progress | None,
    told: Callable[[records.Record], None] | None,
) -> int:
    """Trials of a study until it has enough; how many were trained here."""
    trained = 0
    while True:
        with contextlib.ExitStack() as alive:
            with _turn(folder):
                trial = _next(study, trials, folder, alive)
            if trial is None:
                return trained
            record = _train(study, trial, which, recipe, sets, folder, progress)
        if record is not None:
            trained += 1
            if told is not None:
                told(record)


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One process at a time chooses its trial: else two take up the same, or one counts what another is about to add.

    Raises:
        TinymlError: no turn came for TURN_SECONDS, or the file system refuses to write.
    """
    last = time.monotonic() + TURN_SECONDS
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(lock.held(_place(folder, "turn"), _COMMAND))
                break
            except TinymlError:
                if time.monotonic() > last:
                    raise
                time.sleep(0.05)
        yield


def _place(folder: Path, what: str) -> Path:
    """The folder that carries a lock: beside the checkpoints, which are nobody's to commit either."""
    return folder / "checkpoints" / f"search-{what}"


def _next(study: Any, trials: int, folder: Path, alive: contextlib.ExitStack) -> Any:
    """A trial that is this process's until `alive` ends; None where the study has enough."""
    from optuna.trial import TrialState

    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    free = {each.number for each in running if _is_free(_place(folder, f"{study.study_name}-{each.number}"))}
    for dead in study.get_trials(states=(TrialState.RUNNING,)):  # again: one may have ended well in between
        if dead.number in free:
            if dead.params:  # else it ended before it had any
                study.enqueue_trial(dead.params)
            study.tell(dead.number, state=TrialState.FAIL)
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.RUNNING))) >= trials:
        return None
    trial = study.ask()
    alive.enter_context(lock.held(_place(folder, f"{study.study_name}-{trial.number}"), _COMMAND))
    return trial


def _is_free(place: Path) -> bool:
    """Whether nobody holds a trial's lock."""
    try:
        with lock.held(place, _COMMAND):
            pass
    except TinymlError:
        return False
    with contextlib.suppress(OSError):  # what a killed one left; the lock takes away only what it made itself
        place.rmdir()
    return True


def _train(
    study: Any, trial: Any, which: Class, recipe: Recipe, sets: Sets, folder: Path, progress: Progress | None
) -> records.Record | None:
    """Train what a trial suggests; None where the class forbids it."""
    from optuna.trial import TrialState

    words = suggest(trial, rows=which.ram is not None)
    try:
        topology = parse(words)
    except ModelError:
        topology = None
    if topology is None or not which.takes(topology):
        study.tell(trial, state=TrialState.PRUNED)
        return None
    run = Run(topology.words, 0.1, SEED, recipe)
    trial.set_user_attr("words", topology.words)
    trial.set_user_attr("run", records.identity(run))
    trial.set_user_attr("trainer", native.version())
    # What is interrupted leaves the trial as it is: without its lock, whoever comes next takes it up again.
    try:
        record = training.train(run, f"search {which.name}", sets, folder, progress=progress)
    except Exception:
        study.tell(trial, state=TrialState.FAIL)  # it would not be trained the next time either
        raise
    try:
        study.tell(trial, record.held_out)
    except ValueError as caught:  # where the file system knows no locks, another process may have taken it for dead
        raise TrainError(f"another search ended this trial: {caught}", "one search at a time in this folder") from None
    return record
