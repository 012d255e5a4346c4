"""A further round of a network: it goes on from the first one, and is named only if it is better, held out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.smallest.test_study import SHIPPED, _answers, _run, _samples, sets
from toolkit import api
from toolkit.errors import DoesNotFitError, TrainError
from toolkit.smallest import data, judge, kept, measure, page_boards, pipeline, records, results, training
from toolkit.smallest.measure import ROWS, Measured
from toolkit.smallest.recipe import Run
from toolkit.smallest.records import Record

__all__ = ["sets"]


def _record(plan: pipeline.Plan, run: Run, found: float) -> Record:
    return Record(run, plan.purposes[1], 1, 1, records.WHOLE, found, 0.1, found, 0.1, 1.0, "v", "now")


def _study(folder: Path, held_out: float) -> None:
    """Five pipelines of `half` at 97 % held out, and five of its second round."""
    (folder / pipeline.PLANS).write_bytes((SHIPPED / pipeline.PLANS).read_bytes())
    for name, found in (("half", 0.97), ("half-long", held_out)):
        plan = pipeline.plan(folder, name)
        for seed in pipeline.SEEDS:
            run = Run(plan.words, plan.slope, seed * 100, plan.long, "x")
            records.append(folder, _record(plan, run, found))
            path = pipeline.network_path(folder, name, seed)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"network %d" % (seed if name == "half" else seed - 1))


def test_a_round_that_is_not_better_is_not_named(tmp_path: Path) -> None:
    _study(tmp_path, 0.97)
    judge.name(tmp_path, ["half"])
    with pytest.raises(TrainError, match="half-long has"):
        judge.name(tmp_path, ["half-long"])
    assert set(json.loads((tmp_path / kept.NAMED).read_text())) == {"half"}


def test_a_better_round_stands_and_the_first_one_stays(tmp_path: Path) -> None:
    _study(tmp_path, 0.98)
    test = dataclasses.replace(_samples(50), name=results.TEST)
    judge.name(tmp_path, ["half"])
    judge.judge(tmp_path, (test,), _answers)
    assert judge.standing(tmp_path) == {"half": "half"}
    judge.name(tmp_path, ["half-long"])
    judge.judge(tmp_path, (test,), _answers)
    assert judge.standing(tmp_path) == {"half": "half-long"}
    assert [(row.name, row.network, row.stands) for row in results.rows(tmp_path)] == [
        ("half", "half", False),
        ("half-long", "half", True),
    ]


def test_a_further_round_goes_on_from_the_files_of_the_first(
    sets: data.Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not from the runs' own weights, which are not kept in the repository."""
    recipe = _run(epochs=1).recipe
    first = pipeline.Plan("a", "a", _run().words, 0.1, 1, recipe, recipe)
    done = first.whole(first.shorts(1)[0])
    records.append(tmp_path, _record(first, done, 0.5))
    training.train(_run(epochs=1), "other", sets, tmp_path)
    weights = training.kept(tmp_path, _run(epochs=1))
    path = pipeline.network_path(tmp_path, "a", 1).with_suffix(".npz")
    path.parent.mkdir()
    path.write_bytes(training.packed(weights))
    seen: list[tuple[Run, training.Weights]] = []

    def train(run: Run, *_: object, start: training.Weights, **__: object) -> None:
        seen.append((run, start))

    monkeypatch.setattr(training, "train", train)
    further = dataclasses.replace(first, name="b", long=dataclasses.replace(recipe, epochs=2), of=first)
    pipeline.run(further, 1, sets, tmp_path)
    assert [(run.start, run.seed, run.recipe.epochs) for run, _ in seen] == [(records.identity(done), done.seed, 2)]
    assert np.array_equal(seen[0][1].parameters, weights.parameters)
    assert further.epochs == 4


def test_the_best_of_each_stage_go_on_to_the_next(sets: data.Sets, tmp_path: Path) -> None:
    recipe = _run(epochs=1).recipe
    plan = pipeline.Plan("a", "a", _run().words, 0.1, 3, recipe, dataclasses.replace(recipe, epochs=2))
    plan = dataclasses.replace(plan, middle=(pipeline.Stage(2, dataclasses.replace(recipe, rate=0.01)),))
    ended = pipeline.run(plan, 1, sets, tmp_path)
    found = records.read(tmp_path)
    short, middle, long = found[:3], found[3:5], found[5:]
    by_identity = {each.identity: each for each in found}
    assert [each.run.recipe.rate for each in middle] == [0.01, 0.01]
    assert [by_identity[each.run.start] for each in middle] == pipeline.ordered(list(short))[:2]
    assert long == (ended,) and by_identity[ended.run.start] == pipeline.best(list(middle))
    assert plan.epochs == 4 and pipeline.run(plan, 1, sets, tmp_path) == ended  # nothing is trained twice


def test_what_is_set_upright_is_measured_so_and_never_by_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / pipeline.PLANS).write_bytes((SHIPPED / pipeline.PLANS).read_bytes())
    file = pipeline.network_path(tmp_path, "smallest-upright", 4)
    file.parent.mkdir()
    file.write_bytes(b"network 4")
    named = {"smallest-upright": {"ships": 4, "files": {"4": kept.digest(file)}}}
    (tmp_path / kept.NAMED).write_text(json.dumps(named))
    asked: list[tuple[str, str, bool]] = []

    def run(_: str, model: str, **choices: Any) -> None:
        asked.append((model, choices["stream"], choices["upright"]))
        raise DoesNotFitError("too big", "smaller")

    monkeypatch.setattr(api, "run", run)
    with pytest.raises(TrainError, match="was not judged"):
        measure.measure(["smallest-upright"], tmp_path, tmp_path, boards=["uno"])
    judge.judge(tmp_path, (dataclasses.replace(_samples(50), name=results.TEST),), _answers)
    found = measure.measure(["smallest-upright", "initial"], tmp_path, tmp_path, boards=["uno"])
    assert set(asked) == {(str(file), "auto", True), ("initial", "auto", False), ("initial", "rows", False)}
    assert {(row.name, row.stream, row.refused) for row in found} == {
        ("initial", "auto", "too big"),
        ("initial", "rows", "too big"),
        ("smallest-upright", "auto", "too big"),
    }


@pytest.mark.parametrize(("arena", "told"), [(508, "met: 98, arena 508"), (512, "missed: 98, but"), (None, "missed")])
def test_the_target_by_rows_is_held_to_the_measured_arena(arena: int | None, told: str) -> None:
    row = Measured("tiny-row", "uno", ROWS, "speed", arena_bytes=arena)
    assert page_boards.held("met: 98", (row,)).startswith(told)
    assert "not measured" in page_boards.held("met: 98", ())
