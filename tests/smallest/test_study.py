"""The study's rules: records only grow, pipelines choose on held-out images, the test set is read once and by one."""

from __future__ import annotations

import ast
import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from toolkit.data.digits import convention
from toolkit.data.samples import Samples
from toolkit.errors import ChangedFileError, TinymlError, TrainError
from toolkit.smallest import data, judge, page, pipeline, records, results, training
from toolkit.smallest.recipe import RECIPE, Run, changed
from toolkit.smallest.records import Record
from toolkit.smallest.rows import ram_bytes
from toolkit.zoo.topology import parse

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "models" / "smallest_study"


def _samples(count: int = 700, seed: int = 1) -> Samples:
    """Pictures whose bright corner is their label: something that can be learnt in an epoch or two."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    pixels = rng.integers(0, 60, (count, 28, 28)).astype(np.uint8)
    for picture, label in zip(pixels, labels, strict=True):
        picture[2 * label : 2 * label + 6, 4:24] = 230
    return convention.samples("made", pixels, labels)


@pytest.fixture
def sets(tmp_path: Path) -> data.Sets:
    return data.split(_samples(), tmp_path / "copies", held_out=100)


def _run(seed: int = 3, **settings: float) -> Run:
    return Run("c2p s3 g F", 0.1, seed, changed(RECIPE, {"epochs": 3, "batches": 1, "copies": 1, **settings}))


def test_the_held_out_images_are_the_protocols_and_never_train(sets: data.Sets) -> None:
    samples = _samples()
    order = np.random.default_rng(18).permutation(700)
    assert np.array_equal(sets.held_out.labels, samples.labels[order[600:]])
    assert len(sets.train.labels) == 600
    assert np.array_equal(sets.samples.labels[600:], sets.held_out.labels)


def test_a_run_is_kept_once_with_all_that_decides_it(sets: data.Sets, tmp_path: Path) -> None:
    record = training.train(_run(), "search", sets, tmp_path)
    assert training.train(_run(), "search", sets, tmp_path) == record
    assert records.read(tmp_path) == (record,)
    assert record.held_out is not None and 0 <= record.held_out <= 1
    line = json.loads((tmp_path / records.FILE).read_text())
    assert line["run"]["recipe"]["epochs"] == 3 and line["trainer"] and line["id"] == record.identity
    other = records.identity(dataclasses.replace(_run(), seed=4))
    assert other != record.identity


def test_a_run_that_is_stopped_is_counted_and_goes_on_to_the_same_weights(sets: data.Sets, tmp_path: Path) -> None:
    def stop(run: Run, epoch: int, loss: float) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(_run(), "search", sets, tmp_path / "stopped", progress=stop)
    assert [each.state for each in records.read(tmp_path / "stopped")] == ["stopped after epoch 2"]
    training.train(_run(), "search", sets, tmp_path / "stopped")
    training.train(_run(), "search", sets, tmp_path / "whole")
    one, other = (training.kept(tmp_path / name, _run()) for name in ("stopped", "whole"))
    assert np.array_equal(one.parameters, other.parameters)
    assert [each.state for each in records.read(tmp_path / "stopped")][1] == records.WHOLE


def test_a_record_that_was_changed_by_hand_is_found(sets: data.Sets, tmp_path: Path) -> None:
    training.train(_run(), "search", sets, tmp_path)
    path = tmp_path / records.FILE
    path.write_text(path.read_text().replace('"seed":3', '"seed":4'))
    with pytest.raises(TinymlError, match="is not what this run is"):
        records.read(tmp_path)


def test_frozen_statistics_are_the_starts_own(sets: data.Sets, tmp_path: Path) -> None:
    first = training.train(_run(), "search", sets, tmp_path)
    start = training.kept(tmp_path, first.run)
    run = dataclasses.replace(_run(frozen=1, rounding=1, rate=0.01), start=first.identity)
    training.train(run, "polish", sets, tmp_path, start=start)
    ended = training.kept(tmp_path, run)
    assert np.array_equal(ended.statistics, start.statistics)
    assert not np.array_equal(ended.parameters, start.parameters)
    with pytest.raises(TrainError, match="frozen"):
        training.Training(_run(frozen=1), sets, tmp_path)


@pytest.mark.parametrize("settings", [{"epochs": 0}, {"epochs": 1.5}, {"rate": -1}, {"speed": 1}])
def test_recipes_that_make_no_sense(settings: dict[str, float]) -> None:
    with pytest.raises(TrainError):
        changed(RECIPE, settings)


def _record(seed: int, held_out: float, loss: float, start: str = "x") -> Record:
    plan = pipeline.plans(SHIPPED)["half"]
    run = Run(plan.words, plan.slope, seed, plan.long, start)
    return Record(run, plan.purposes[1], 1, 1, records.WHOLE, held_out, loss, held_out, loss, 1.0, "v", "now")


def test_the_best_start_is_by_held_out_accuracy_then_loss_then_seed() -> None:
    found = [_record(1, 0.9, 0.2), _record(2, 0.95, 0.3), _record(3, 0.95, 0.1), _record(4, 0.95, 0.1)]
    assert pipeline.best(found).run.seed == 3


def test_pooled_starts_are_ordered_by_all_images_that_may_be_seen() -> None:
    """Fifty thousand that trained, ten thousand that did not: 0.1 points of the first outweigh 0.4 of the second."""
    found = [_record(1, 0.954, 0.1), _record(2, 0.95, 0.3)]
    found = [dataclasses.replace(each, fit=fit) for each, fit in zip(found, (0.96, 0.961), strict=True)]
    assert [each.run.seed for each in pipeline.ordered(found)] == [1, 2]
    assert [each.run.seed for each in pipeline.ordered(found, pooled=True)] == [2, 1]


def _study(folder: Path, seeds: Sequence[int] = pipeline.SEEDS) -> None:
    """Pipelines of `half`, of which the third is the best on the held-out images."""
    for seed in seeds:
        records.append(folder, _record(seed * 100, 0.97 + 0.001 * (seed == 3), 0.1))
        path = pipeline.network_path(folder, "half", seed)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"network %d" % seed)
    (folder / pipeline.PLANS).write_bytes((SHIPPED / pipeline.PLANS).read_bytes())


def _answers(network: bytes, samples: Samples) -> np.ndarray:
    """As many wrong answers as the seed says."""
    wrong = int(network.split()[1])
    found = samples.labels.copy()
    found[:wrong] = (found[:wrong] + 1) % 10
    return found


def test_what_is_named_is_judged_once_and_nothing_else_is(tmp_path: Path) -> None:
    _study(tmp_path)
    test = dataclasses.replace(_samples(50), name=results.TEST)
    with pytest.raises(TrainError, match="names no network"):
        judge.waiting(tmp_path)
    assert judge.name(tmp_path, ["half"])["half"]["ships"] == 3
    asked: list[bytes] = []

    def answers(network: bytes, samples: Samples) -> np.ndarray:
        asked.append(network)
        return _answers(network, samples)

    found = judge.judge(tmp_path, (test,), answers)
    assert [each.right[results.TEST] for each in found] == [49, 48, 47, 46, 45]
    assert [each.ships for each in found] == [False, False, True, False, False]
    assert found[2].wrong == (0, 1, 2)
    assert len(asked) == 5
    assert judge.waiting(tmp_path) == {}
    assert judge.judge(tmp_path, (test,), answers) == found
    assert len(asked) == 5
    with pytest.raises(TrainError, match="judged already"):
        judge.name(tmp_path, ["half"])
    row = results.rows(tmp_path)[0]
    assert row.int8_mean == pytest.approx(0.94)
    assert row.shipped == pytest.approx(0.94)
    assert row.pipelines == 5
    results.write([row], tmp_path / "results.json")
    wanted = "name params weight_bytes tflite_bytes ram_bytes instructions int8_mean int8_sd pipelines chosen_on"
    assert {*wanted.split(), "runs_counted"} <= set(json.loads((tmp_path / "results.json").read_text())[0])


def test_a_pipeline_that_comes_later_is_judged_beside_the_others(tmp_path: Path) -> None:
    """It may be the one that ships then, by its held-out accuracy; what was judged is not judged again."""
    _study(tmp_path, (1, 2, 4, 5))
    assert judge.name(tmp_path, ["half"], pipelines=2)["half"]["ships"] != 3
    test = dataclasses.replace(_samples(50), name=results.TEST)
    assert [each.seed for each in judge.judge(tmp_path, (test,), _answers)] == [1, 2, 4, 5]
    _study(tmp_path, (3,))
    assert judge.name(tmp_path, ["half"])["half"]["ships"] == 3
    assert list(judge.waiting(tmp_path)) == [("half", 3)]
    assert {each.seed: each.ships for each in judge.judge(tmp_path, (test,), _answers)}[3]


def test_a_judged_file_that_changed_stops_a_naming(tmp_path: Path) -> None:
    _study(tmp_path, (1, 2, 4, 5))
    judge.name(tmp_path, ["half"], pipelines=2)
    judge.judge(tmp_path, (dataclasses.replace(_samples(50), name=results.TEST),), _answers)
    _study(tmp_path, (3,))
    pipeline.network_path(tmp_path, "half", 4).write_bytes(b"network 1")
    with pytest.raises(ChangedFileError, match="a file of half"):
        judge.name(tmp_path, ["half"])


def test_another_file_than_the_named_one_is_refused(tmp_path: Path) -> None:
    _study(tmp_path)
    judge.name(tmp_path, ["half"])
    pipeline.network_path(tmp_path, "half", 4).write_bytes(b"network 1")
    with pytest.raises(ChangedFileError, match="half-4"):
        judge.judge(tmp_path, (dataclasses.replace(_samples(50), name=results.TEST),), _answers)


def test_too_few_pipelines_are_no_claim(tmp_path: Path) -> None:
    _study(tmp_path)
    lines = (tmp_path / records.FILE).read_text().splitlines(keepends=True)
    (tmp_path / records.FILE).write_text("".join(lines[:4]))
    with pytest.raises(TrainError, match="not all of"):
        judge.name(tmp_path, ["half"])
    assert judge.name(tmp_path, ["half"], pipelines=4)


@pytest.mark.parametrize(
    ("wrong", "other", "expected"),
    [((), (), (0, 0, 1.0)), ((1, 2, 3), (3,), (2, 0, 0.5)), (tuple(range(10)), (20,), (10, 1, 2 * 12 / 2**11))],
)
def test_mcnemars_exact_test(wrong: tuple[int, ...], other: tuple[int, ...], expected: tuple[int, int, float]) -> None:
    first, second, p = judge.mcnemar(wrong, other)
    assert (first, second) == expected[:2]
    assert p == pytest.approx(expected[2])


def test_only_judging_and_shipping_can_see_the_test_set() -> None:
    """`load_mnist("test")` stands in two commands, after the naming; what searches and trains never has it."""
    told = {"test", "mnist_test"}
    for path in sorted((ROOT / "toolkit" / "smallest").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and "load_mnist" in ast.unparse(node.func):
                assert told.isdisjoint(ast.literal_eval(each) for each in node.args[:1]), path
    commands = ast.parse((ROOT / "toolkit" / "cli" / "smallest.py").read_text(encoding="utf-8"))
    users = {
        function.name
        for function in ast.walk(commands)
        if isinstance(function, ast.FunctionDef) and "load_mnist('test'" in ast.unparse(function)
    }
    assert users == {"judge_command", "ship_command", "_register_judging"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # By hand: 3 rows of 28, 3 of 13 x 3, what a dense layer reads and gives.
        ("c3p c4p d5 F", 84 + 117 + 100 + 5 + 5 + 10),
        ("c4p s6 s6 s6t s10n g", 84 + 3 * 13 * 4 + 3 * 11 * 6 + 3 * 9 * 6 + 3 * 7 * 6 + 50 + 6),
    ],
)
def test_ram_by_rows(words: str, expected: int) -> None:
    assert ram_bytes(parse(words)) == expected


def test_the_page_is_made_from_the_shipped_records(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "study", ignore=shutil.ignore_patterns("checkpoints", "weights"))
    text = page.write(tmp_path / "study", tmp_path).read_text(encoding="utf-8")
    assert f"{len(records.read(tmp_path / 'study'))} runs were counted" in text
    for row in results.rows(tmp_path / "study"):
        assert f"`{row.words}`" in text
    assert (tmp_path / "smallest" / "frontier.svg").is_file()


def test_the_page_and_the_rows_are_those_of_the_records(tmp_path: Path) -> None:
    """A record that came later, or a board that was measured again, is on no page until it is written anew."""
    assert page.write(SHIPPED, tmp_path).read_bytes() == (ROOT / "docs" / "smallest.md").read_bytes()
    results.write(results.rows(SHIPPED), tmp_path / "results.json")
    assert (tmp_path / "results.json").read_bytes() == (ROOT / "models" / "smallest_results.json").read_bytes()
