"""`tinyml smallest` trusted what lay in its folder: a file changed since its judging was shipped and told of as judged.

So a network that nobody had named could be scored on the test set by `ship`, outside the judging; `measure` proved one
on a board, with images of the test set, before it was judged; in a fresh clone, which has no starts' weights, `train`
trained a pipeline anew that was done, and wrote over its judged file; two of the same pipeline at once both trained it.
Damaged data files, and plans without a start, ended as an internal error; a folder without runs gave an empty page.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from tests.smallest.test_study import SHIPPED, _answers, _run, _samples, _study, sets
from toolkit import lock
from toolkit.data.samples import Samples
from toolkit.errors import ChangedFileError, TinymlError, TrainError
from toolkit.smallest import data, fits, judge, kept, measure, pipeline, records, results, ship

__all__ = ["sets"]

MISNAMED = b"network 1"


def _judged(folder: Path) -> None:
    _study(folder)
    judge.name(folder, ["half"])
    judge.judge(folder, (dataclasses.replace(_samples(50), name=results.TEST),), _answers)
    pipeline.network_path(folder, "half", 3).write_bytes(MISNAMED)


def _never() -> tuple[Samples, ...]:
    raise AssertionError("the test set was read")


def test_a_judged_file_that_changed_is_neither_shipped_nor_told_of(sets: data.Sets, tmp_path: Path) -> None:
    _judged(tmp_path)
    with pytest.raises(ChangedFileError, match="half-3"):
        ship.ship("half", tmp_path, sets, _never, tmp_path / "models")
    with pytest.raises(ChangedFileError, match="half-3"):
        results.rows(tmp_path)


def test_what_is_not_judged_is_not_shipped_and_the_test_set_not_read(sets: data.Sets, tmp_path: Path) -> None:
    _study(tmp_path)
    judge.name(tmp_path, ["half"])
    with pytest.raises(TrainError, match="was not judged"):
        ship.ship("half", tmp_path, sets, _never, tmp_path / "models")


def _plan(folder: Path) -> pipeline.Plan:
    recipe = {"epochs": 1, "batches": 1, "copies": 0}
    told = {"words": _run().words, "slope": 0.1, "starts": 1, "short": recipe, "long": {**recipe, "epochs": 2}}
    (folder / pipeline.PLANS).write_text(json.dumps({"a": told}))
    return pipeline.plan(folder, "a")


def test_a_pipeline_that_is_done_is_not_trained_again_without_its_starts(sets: data.Sets, tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    ended = pipeline.run(plan, 1, sets, tmp_path)
    runs, file = records.read(tmp_path), pipeline.network_path(tmp_path, "a", 1)
    shutil.rmtree(tmp_path / "weights")
    before = file.stat().st_mtime_ns
    assert pipeline.run(plan, 1, sets, tmp_path) == ended
    assert (records.read(tmp_path), file.stat().st_mtime_ns) == (runs, before)
    (tmp_path / kept.NAMED).write_text(json.dumps({"a": {"ships": 1, "files": {"1": kept.digest(file)}}}))
    arrays = file.with_suffix(".npz")
    for each in (file, arrays):
        kept_before = each.read_bytes()
        each.unlink()
        with pytest.raises(TrainError, match=f"{each.name} is missing"):
            pipeline.run(plan, 1, sets, tmp_path)
        each.write_bytes(kept_before)
    (tmp_path / pipeline.PLANS).write_text(
        (tmp_path / pipeline.PLANS).read_text().replace('"epochs": 2', '"epochs": 3')
    )
    with pytest.raises(TrainError, match="by another plan"):
        pipeline.run(pipeline.plan(tmp_path, "a"), 1, sets, tmp_path)


def test_a_file_that_went_is_made_again_of_the_weights_that_are_there(sets: data.Sets, tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    ended = pipeline.run(plan, 1, sets, tmp_path)
    runs, file = records.read(tmp_path), pipeline.network_path(tmp_path, "a", 1)
    before = file.read_bytes()
    file.unlink()
    assert pipeline.run(plan, 1, sets, tmp_path) == ended
    assert (records.read(tmp_path), file.read_bytes()) == (runs, before)


def test_two_do_not_train_one_pipeline(sets: data.Sets, tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    with (
        lock.held(tmp_path / "checkpoints" / "pipeline-a-1", "the first"),
        pytest.raises(TinymlError, match="in use by the first"),
    ):
        pipeline.run(plan, 1, sets, tmp_path)
    assert not records.read(tmp_path)


@pytest.mark.parametrize("text", ["{", "5", '[{"name": "half"}]', "\xff", '{"half": 5}'])
def test_damaged_data_files_are_told_by_name(tmp_path: Path, text: str) -> None:
    _judged(tmp_path)
    for name, read in ((judge.JUDGED, judge.judged), (measure.FILE, measure.known), (fits.FILE, fits.known)):
        whole = (tmp_path / name).read_bytes() if (tmp_path / name).is_file() else None
        (tmp_path / name).write_bytes(text.encode("latin-1"))
        with pytest.raises(TrainError, match=f"{name} is damaged"):
            read(tmp_path)
        (tmp_path / name).write_bytes(whole or b"[]")
    (tmp_path / kept.NAMED).write_bytes(text.encode("latin-1"))
    with pytest.raises(TrainError, match=r"named\.json is damaged"):
        judge.judged(tmp_path)
    (tmp_path / kept.NAMED).write_text("{}")
    with pytest.raises(TrainError, match="does not name"):
        judge.judged(tmp_path)


@pytest.mark.parametrize("line", [b"5\n", b"\xff\n", b'{"id": 1}\n', b'{"id"'])
def test_a_damaged_line_of_the_records_is_told_by_number(tmp_path: Path, line: bytes) -> None:
    _study(tmp_path)
    with (tmp_path / records.FILE).open("ab") as file:
        file.write(line)
    with pytest.raises(TinymlError, match=f"{records.FILE}:6 is no record"):
        records.read(tmp_path)


@pytest.mark.parametrize(("part", "value"), [("starts", 0), ("starts", "2"), ("keep", 0), ("keep", True)])
def test_a_plan_in_which_nothing_goes_on_is_refused(tmp_path: Path, part: str, value: object) -> None:
    told = json.loads((SHIPPED / pipeline.PLANS).read_text())
    half = told["half-wide"]
    (half["middle"][0] if part == "keep" else half)[part] = value
    (tmp_path / pipeline.PLANS).write_text(json.dumps(told))
    with pytest.raises(TrainError, match="at least one"):
        pipeline.plans(tmp_path)


def test_a_folder_without_runs_gets_no_page(tmp_path: Path) -> None:
    for command in ("page", "fit"):
        done = tinyml("smallest", command, "--study", str(tmp_path / "none"))
        assert done.returncode == 1
        assert "has no runs" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    _study(tmp_path)
    pipeline.network_path(tmp_path, "half", 2).unlink()
    with pytest.raises(TrainError, match=r"half-2\.tflite cannot be read"):
        judge.name(tmp_path, ["half"])
    assert judge.judged(tmp_path) == ()
