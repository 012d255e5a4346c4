import dataclasses
import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from toolkit import train as training
from toolkit import zoo
from toolkit.data import load_external
from toolkit.errors import DatasetError, TinymlError
from toolkit.paper import authors, document, plan, records, study, tables
from toolkit.paper.compression import CompressionResult
from toolkit.paper.methods import Compressed
from toolkit.paper.records import TrainingRun
from toolkit.paper.training_run import Result, Sets, perform

EXTERNAL = load_external()


def _result(model: str, seed: int, valid: float = 0.9, right: int = 9) -> Result:
    return Result(
        run=TrainingRun(model, "paper", 20, seed),
        params=zoo.get(model).params,
        sizes={"float32": 4000 + seed, "int8": 3000},
        accuracy={"float32": valid, "int8": valid - 0.01},
        external={"float32": right, "int8": right},
        external_wrong=tuple(range(10 - right)),
        curve=(0.5, valid),
        training_curve=(0.4, valid),
        seconds=1.0,
        versions={"tensorflow": "2"},
        date="2026-01-01T00:00:00+00:00",
    )


def test_the_plan_holds_every_row_with_three_seeds_but_the_slow_one() -> None:
    runs = plan.tables()
    assert {run.model for run in runs} == set(zoo.of_the_paper())
    for name in zoo.of_the_paper():
        assert len([run for run in runs if run.model == name]) == (1 if name == "efficient-capsnet" else 3)
    assert {run.epochs for run in runs} == {20}
    assert len({run.key for run in (*runs, *plan.best(), *plan.epochs(), *plan.harder())}) == 28 + 3 + 10 + 10


def test_results_round_trip(tmp_path: Path) -> None:
    results = {each.run.key: each for each in (_result("initial", 2), _result("proposed", 1))}
    path = tmp_path / "results.json"
    records.save(results, path)
    assert study.load_results(path) == results
    assert len(path.read_text().splitlines()) == 4
    path.write_text("[{]")
    with pytest.raises(TinymlError, match="is damaged"):
        study.load_results(path)
    assert study.load_results(tmp_path / "absent") == {}


def test_known_results_are_not_trained_again(tmp_path: Path) -> None:
    result = _result("proposed", 1)
    assert study.complete([result.run], tmp_path, known={result.run.key: result}) == {result.run.key: result}
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DatasetError, match="there is no data set 'cifar'"):
        study.complete([TrainingRun("proposed", "paper", 20, 1, "cifar")], tmp_path, known={})


def test_a_run_leaves_its_record_and_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = training.Recipe(name="paper", epochs=1, batch_size=4, learning_rate=1e-3)
    monkeypatch.setattr("toolkit.train.get", lambda _: tiny)
    run = TrainingRun("cnn-2-2", "paper", 2, 5)
    sets = Sets(EXTERNAL, EXTERNAL, None)
    first = perform(run, sets, tmp_path)
    assert first.params == 728
    assert len(first.curve) == len(first.training_curve) == 2
    assert first.accuracy["float32"] == first.curve[-1]
    assert study.collect(tmp_path) == {run.key: first}
    monkeypatch.setattr("toolkit.train.train", lambda *_, **__: pytest.fail("trained again"))
    assert perform(run, sets, tmp_path) == first


def test_rows_give_mean_and_spread_and_never_the_best() -> None:
    results = {
        each.run.key: each
        for each in (_result("initial", s, v, r) for s, v, r in ((1, 0.90, 9), (2, 0.92, 8), (3, 0.97, 10)))
    }
    rows = tables.rows(results)
    assert [row.table for row in rows] == [1] * 8 + [2] * 3
    assert rows[0].row == "Initial"
    assert rows[7].model == rows[8].model == "proposed"
    initial = rows[0]
    assert initial.valid == pytest.approx(0.93)
    assert initial.test == pytest.approx(0.9)
    assert initial.valid_spread is not None
    assert initial.valid_spread.deviation == pytest.approx(0.03606, abs=1e-5)
    assert (initial.valid_spread.min, initial.valid_spread.max) == (0.90, 0.97)
    assert initial.seeds == (1, 2, 3)
    assert initial.wrong == {"0": 2, "1": 1}
    assert rows[1].valid is None
    assert all(row.params == row.params_paper for row in rows)


def test_capsules_beside_their_authors_training() -> None:
    """Which epoch passes what the paper prints is told of the curve, and the last epoch is what counts."""
    plain = dataclasses.replace(_result("efficient-capsnet", 1, 0.9947), curve=(0.99, 0.995, 0.9947))
    changed = dataclasses.replace(
        _result("efficient-capsnet", 2, 0.997),
        run=TrainingRun("efficient-capsnet", "authors", 20, 2),
        curve=(0.99, 0.9979, 0.997),
    )
    assert {run.seed for run in plan.authors()} == {1, 2, 3} and changed.run in plan.authors()
    rows = authors.rows({each.run.key: each for each in (plain, changed)})
    assert [(row.passed, row.at, row.end) for row in rows] == [(None, 2, 0.9947), (2, 2, 0.997)]
    text = authors.lines(rows)
    assert "| as they are | 1 | 20 | 99.47 | 99.50 (epoch 2) | never | 9/10 | 99.47 |" in text
    assert text[-1] == "Changed images, mean of 1 seeds: 99.70 %."
    assert authors.lines(())[-1] == "Not yet trained on changed images."


def test_the_page_holds_what_the_data_say_and_its_plots(tmp_path: Path) -> None:
    results = {each.run.key: each for each in (_result("initial", s, v) for s, v in ((1, 0.90), (2, 0.94)))}
    long = dataclasses.replace(
        _result("initial", 1),
        run=TrainingRun("initial", "paper", 100, 1),
        curve=tuple(0.9 + place / 2000 for place in range(100)),
    )
    hard = dataclasses.replace(_result("initial", 1, 0.8), run=TrainingRun("initial", "paper", 20, 1, "fashion-mnist"))
    results |= {each.run.key: each for each in (long, hard)}
    methods = (Compressed("float32", 0.0, 4000, 3000, 0.9), Compressed("int8", 0.0, 2000, 1500, 0.89))
    compressed = {"x": CompressionResult(TrainingRun("initial", "paper", 20, 1), methods, {})}
    page = tmp_path / "paper.md"
    document.write(results, compressed, {}, (), page, tmp_path / "paper")
    text = page.read_text()
    assert "| Initial | `initial` | 68,270 (68,270) | 3.9 (269) | 92.00 ± 2.83 (97.84) |" in text
    assert "| `initial` | 100 | 90.95 | 94.85 | +3.90 |" in text
    assert "| int8 | 2,000 | 1,500 | 0 | 89.00 | -1.00 |" in text
    assert "| `initial` | 90.00 | 80.00 | -10.00 |" in text
    assert "Not yet run: `proposed`, `cnn-8-8`." in text
    assert "| `proposed` | not yet run | | | | |" in text
    pictures = sorted(path.name for path in (tmp_path / "paper").iterdir())
    assert pictures == ["accuracy-size.svg", "compression.svg", "epochs.svg", "harder.svg"]
    before = (tmp_path / "paper" / "epochs.svg").read_bytes()
    document.write(results, compressed, {}, (), page, tmp_path / "paper")
    assert (tmp_path / "paper" / "epochs.svg").read_bytes() == before
