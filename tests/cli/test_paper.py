"""`tinyml paper`: answers at once from the kept results, and trains only when it is asked to."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.tinyml import tinyml
from toolkit import zoo
from toolkit.cli.main import app
from toolkit.errors import TinymlError
from toolkit.paper import plan, study
from toolkit.paper.records import TrainingRun
from toolkit.paper.training_run import Result

ROOT = Path(__file__).parents[2]


def _ask(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["paper", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _made_up(run: TrainingRun) -> Result:
    return Result(
        run=run,
        params=zoo.get(run.model).params,
        sizes={"float32": 4000},
        accuracy={"float32": 0.9 + run.seed / 100},
        external={"float32": 9},
        external_wrong=(4,),
        curve=tuple(0.9 for _ in range(run.epochs)),
        training_curve=tuple(0.9 for _ in range(run.epochs)),
        seconds=1.0,
        versions={},
        date="2026-01-01T00:00:00+00:00",
    )


def test_ten_rows_from_the_data_file_and_nothing_is_made(tmp_path: Path) -> None:
    done = tinyml("paper", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["model"] for row in rows][-3:] == ["proposed", "squeezenet", "efficient-capsnet"]
    assert len({row["model"] for row in rows}) == len(rows) == 10
    assert all(row["params"] == row["params_paper"] for row in rows)
    keys = "table row params params_paper size_bytes size_paper_kb valid valid_paper test test_paper seeds"
    assert set(keys.split()) <= set(rows[0])
    proposed = next(row for row in rows if row["model"] == "proposed")
    kept = [study.load_results()[f"mnist-proposed-paper-20-{seed}"] for seed in proposed["seeds"]]
    assert proposed["valid"] == pytest.approx(statistics.fmean(each.accuracy["float32"] for each in kept))
    assert list(tmp_path.iterdir()) == []


def test_tables_show_both_figures_and_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "load_results", dict)
    run = TrainingRun("proposed", "paper", 20, 1)
    _made_up(run).save(tmp_path / "build" / "paper" / run.key / "result.json")
    result = CliRunner().invoke(app, ["paper", "-C", str(tmp_path)])
    assert result.exit_code == 0
    assert "91.00 (96.36)" in result.stdout
    assert result.stdout.count("not yet run") >= 9
    assert "27 of 28 trainings are not yet run" in result.stderr
    assert "…" not in result.stdout


def test_each_question_answers_in_json() -> None:
    best = _ask("best")
    assert best["params"] == 707
    assert len(best["seeds"]) == len(best["external"])
    assert [row["model"] for row in _ask("epochs")] == list(zoo.of_the_paper())
    assert [row["model"] for row in _ask("harder-data")] == list(zoo.of_the_paper())
    when = _ask("when")
    assert {"methods", "tensorflow_toolkit"} == set(when)


def test_missing_runs_are_trained_only_on_demand_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[TrainingRun] = []

    def perform(run: TrainingRun, *_: object) -> Result:
        if len(trained) == 3:
            raise KeyboardInterrupt
        trained.append(run)
        result = _made_up(run)
        result.save(tmp_path / "build" / "paper" / run.key / "result.json")
        return result

    monkeypatch.setattr(study, "load_results", dict)
    monkeypatch.setattr(study, "load_sets", lambda *_: None)
    monkeypatch.setattr(study, "perform", perform)
    result = CliRunner().invoke(app, ["paper", "-C", str(tmp_path), "--train"])
    assert isinstance(result.exception, TinymlError)
    assert "every finished epoch is kept" in result.exception.message
    assert trained == list(plan.tables()[:3])
    rows = _ask("-C", str(tmp_path))
    assert {row["model"]: row["seeds"] for row in rows}["proposed"] == [1, 2, 3]
    assert len(trained) == 3


def test_options_before_a_question_are_refused() -> None:
    done = tinyml("paper", "--train", "epochs")
    assert done.returncode == 2
    assert "options belong after the question's name" in done.stderr


@pytest.mark.parametrize(("question", "runs"), [("epochs", plan.epochs()), ("harder-data", plan.harder())])
def test_a_plot_can_be_had_once_there_is_something_to_draw(
    question: str, runs: tuple[TrainingRun, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "load_results", dict)
    plot = tmp_path / "plot.svg"
    asked = ["paper", question, "-C", str(tmp_path), "--plot", str(plot)]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, TinymlError)
    assert "nothing to draw" in refused.exception.message
    monkeypatch.setattr(study, "load_results", lambda: {run.key: _made_up(run) for run in (*runs, *plan.tables())})
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert plot.read_text().startswith("<?xml")


def test_the_page_in_the_repository_is_what_the_data_files_give(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["paper", "page", "--to", str(tmp_path), "-C", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "paper.md").read_text() == (ROOT / "docs" / "paper.md").read_text()
    assert {path.name for path in (tmp_path / "paper").iterdir()} == {
        path.name for path in (ROOT / "docs" / "paper").iterdir()
    }
