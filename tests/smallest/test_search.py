"""The search goes on where it stopped, however it stopped, and several processes share a study."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.smallest.test_study import _samples
from toolkit import lock
from toolkit.cli.main import app
from toolkit.errors import TinymlError
from toolkit.smallest import data, records, search
from toolkit.smallest.recipe import RECIPE, Recipe, Run, changed
from toolkit.zoo.topology import parse

optuna = pytest.importorskip("optuna")

TINY = search.Class("tiny", 400, 60)
EPOCHS = 4
SEARCHER = """
import signal
import sys
from pathlib import Path

from tests.smallest import test_search
from toolkit.smallest import training


def end(number, frame):
    raise SystemExit(128 + number)


def told(run, epoch, loss):
    print(epoch, run.words, flush=True)
    if epoch == 2:
        sys.stdin.readline()


signal.signal(signal.SIGTERM, end)
training.SAVE_SECONDS = 0.0
print(test_search.look(Path(sys.argv[1]), int(sys.argv[2]), told), "trained", flush=True)
"""


def _recipe(epochs: int = EPOCHS) -> Recipe:
    return changed(RECIPE, {"epochs": epochs, "batches": 1, "copies": 1})


def look(folder: Path, trials: int, progress: Any = None, *, epochs: int = EPOCHS) -> int:
    """A search that takes a second."""
    sets = data.split(_samples(), folder / "copies", held_out=100)
    return search.search(TINY, trials, _recipe(epochs), sets, folder, progress=progress)


class Watch:
    """What was trained here: words and epoch, each time."""

    def __init__(self, stop: int = 0) -> None:
        self.seen: list[tuple[str, int]] = []
        self._stop = stop

    def __call__(self, run: Run, epoch: int, _: float) -> None:
        self.seen.append((run.words, epoch))
        if epoch == self._stop:
            raise KeyboardInterrupt

    @property
    def words(self) -> set[str]:
        return {words for words, _ in self.seen}


def _searcher(folder: Path, trials: int) -> tuple[subprocess.Popen[str], str]:
    """Another process, in the middle of a training, and the words of that."""
    other = subprocess.Popen(
        [sys.executable, "-c", SEARCHER, str(folder), str(trials)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert other.stdout is not None
    lines = [other.stdout.readline(), other.stdout.readline()]
    words = lines[1].removeprefix("2 ").strip()
    assert lines == [f"1 {words}\n", f"2 {words}\n"]
    return other, words


@contextlib.contextmanager
def _study(folder: Path, epochs: int = EPOCHS) -> Iterator[Any]:
    """The study, and its connections closed afterwards: a Python 3.13 warns of one that is left to be collected."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / search.DATABASE}")
    try:
        yield optuna.load_study(study_name=f"tiny-{epochs}", storage=storage)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _states(folder: Path, epochs: int = EPOCHS) -> dict[str, int]:
    with _study(folder, epochs) as study:
        names = [trial.state.name for trial in study.trials]
    return {name: names.count(name) for name in ("RUNNING", "WAITING", "COMPLETE", "FAIL")}


def _whole(folder: Path) -> list[str]:
    return [each.run.words for each in records.read(folder) if each.state == records.WHOLE]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGTERM, id="terminated"),
        pytest.param(getattr(signal, "SIGKILL", signal.SIGTERM), id="killed"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that a program could end by")
def test_what_a_dead_process_left_goes_on_from_its_checkpoint(tmp_path: Path, number: signal.Signals) -> None:
    """The trial stayed under way for ever and was counted: the same command ended at once and had trained nothing."""
    other, words = _searcher(tmp_path, 1)
    other.send_signal(number)
    other.communicate()
    assert other.returncode != 0
    assert _states(tmp_path) == {"RUNNING": 1, "WAITING": 0, "COMPLETE": 0, "FAIL": 0}
    watch = Watch()
    assert look(tmp_path, 1, watch) == 1
    assert watch.seen == [(words, 3), (words, 4)]
    assert _states(tmp_path) == {"RUNNING": 0, "WAITING": 0, "COMPLETE": 1, "FAIL": 1}
    assert _whole(tmp_path) == [words]
    assert not list((tmp_path / "checkpoints").iterdir())  # neither it nor a lock
    assert look(tmp_path, 1) == 0


def test_after_ctrl_c_the_same_training_goes_on(tmp_path: Path) -> None:
    """Other words were asked for, and the checkpoint was nobody's."""
    stopped = Watch(stop=3)
    with pytest.raises(KeyboardInterrupt):
        look(tmp_path, 2, stopped)
    again = Watch()
    assert look(tmp_path, 2, again) == 2
    assert again.seen[0] == (stopped.seen[0][0], 4)
    assert _states(tmp_path)["COMPLETE"] == len(_whole(tmp_path)) == 2


def test_a_training_that_another_process_is_at_is_not_taken(tmp_path: Path) -> None:
    other, words = _searcher(tmp_path, 2)
    watch = Watch()
    assert look(tmp_path, 2, watch) == 1
    assert words not in watch.words
    assert _states(tmp_path) == {"RUNNING": 1, "WAITING": 0, "COMPLETE": 1, "FAIL": 0}
    assert look(tmp_path, 2) == 0  # two are there or under way: that is what was asked for
    told, _ = other.communicate("\n")
    assert told.splitlines()[-1] == "1 trained"
    assert _states(tmp_path) == {"RUNNING": 0, "WAITING": 0, "COMPLETE": 2, "FAIL": 0}


def test_trainings_of_other_lengths_are_counted_apart(tmp_path: Path) -> None:
    assert look(tmp_path, 1) == 1
    assert look(tmp_path, 1, epochs=2) == 1
    assert look(tmp_path, 1) == 0
    assert _states(tmp_path)["COMPLETE"] == _states(tmp_path, 2)["COMPLETE"] == 1


def test_a_trial_that_ended_before_it_suggested_anything_is_failed(tmp_path: Path) -> None:
    look(tmp_path, 1)
    with _study(tmp_path) as study:
        study.ask()
    assert look(tmp_path, 2) == 1
    assert _states(tmp_path) == {"RUNNING": 0, "WAITING": 0, "COMPLETE": 2, "FAIL": 1}


def test_a_trial_that_ends_well_while_it_is_looked_at_is_not_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock was held no more, and what was read of it before said that it was under way."""
    look(tmp_path, 1)
    with _study(tmp_path) as study:
        ending = study.ask()

        def end(_: Path) -> bool:
            study.tell(ending, 0.5)
            return True

        monkeypatch.setattr(search, "_is_free", end)
        assert look(tmp_path, 2) == 0
    assert _states(tmp_path) == {"RUNNING": 0, "WAITING": 0, "COMPLETE": 2, "FAIL": 0}


def test_the_command_tells_that_nothing_is_left_to_train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = data.split(_samples(), tmp_path / "copies", held_out=100)
    monkeypatch.setattr(data, "load", lambda *_: sets)
    monkeypatch.setitem(search.CLASSES, "697", TINY)
    words = ["smallest", "search", "697", "--trials", "1", "--epochs", "1", "--study", str(tmp_path)]
    app(words, standalone_mode=False)
    assert "held out, " in capsys.readouterr().out
    app(words, standalone_mode=False)
    assert "nothing to train: 1 trials, 1 epochs each, are trained or under way" in capsys.readouterr().out


def test_who_keeps_the_study_to_itself_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "TURN_SECONDS", 0.1)
    with (
        lock.held(tmp_path / "checkpoints" / "search-turn", "another search"),
        pytest.raises(TinymlError, match="in use by another search"),
    ):
        look(tmp_path, 1)


@pytest.mark.parametrize("which", search.CLASSES.values(), ids=lambda each: each.name)
def test_what_is_suggested_is_a_network_or_refused_as_none(which: search.Class) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    taken = 0
    for _ in range(300):
        try:
            taken += which.takes(parse(search.suggest(study.ask(), rows=which.ram is not None)))
        except TinymlError:
            continue
    assert taken > 3
