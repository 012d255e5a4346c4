"""What the verdict's record says of a set, by task."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.link.device import HELLO
from tests.report import samples
from toolkit.artifacts import DType, LinkStats, SetResult, Verification, to_jsonable
from toolkit.data import Kind, Task
from toolkit.link.client import Answer
from toolkit.report import summary
from toolkit.verify import Workload, score
from toolkit.verify.judge import judge


def real(scale: float, zero: int) -> Callable[[np.ndarray], np.ndarray]:
    """What int8 output bytes stand for."""
    return lambda rows: scale * (np.ascontiguousarray(rows).view(np.int8).astype(np.float64) - zero)


def work(outputs: np.ndarray, **more: Any) -> Workload:
    """A set of inputs to which the host says these outputs, [N, elements]."""
    rows = np.ascontiguousarray(outputs).reshape(len(outputs), -1).view(np.uint8)
    return Workload("mine", np.zeros((len(rows), 4), np.uint8), "tensor", rows, **more)


def judged(of: Workload, *, without: tuple[int, ...] = (), dtype: DType = DType.INT8) -> Verification:
    """A device that gives the very bytes, to all but a few inputs."""
    answers = {key: Answer(key, row.tobytes(), 5) for key, row in enumerate(of.expected) if key not in without}
    build = dataclasses.replace(samples.build(), dtype=dtype)
    return judge(build, [of], answers, HELLO, LinkStats(), reference="x", seconds=1.0, asked=len(of.expected))


def found(of: Workload, **more: Any) -> SetResult:
    result = judged(of, **more)
    json.loads(json.dumps(to_jsonable(result), allow_nan=False))
    (only,) = result.sets
    return only


def classify(outputs: np.ndarray, labels: list[int], **more: Any) -> SetResult:
    return found(work(outputs, labels=np.array(labels), task=Task(Kind.CLASSIFY), real=real(1 / 256, -128)), **more)


def test_classes_have_accuracy_f1_and_the_first_three() -> None:
    outputs = np.array([[9, 8, 7, 6, 5], [1, 2, 3, 4, 5], [0, 0, 0, 0, 0], [0, 5, 0, 0, 5]], np.int8)
    of = classify(outputs, [1, 0, 2, 4])
    assert (of.task, of.score and of.score.correct) == ("classify", 0)
    assert of.scores == {"accuracy": 0.0, "macro_f1": 0.0, "top3": 0.75}
    of = classify(outputs, [0, 4, 0, 1])
    assert of.scores == {"accuracy": 1.0, "macro_f1": 1.0, "top3": 1.0}


def test_an_input_without_an_answer_is_no_right_one() -> None:
    outputs = np.eye(5, dtype=np.int8)
    of = classify(outputs, [0, 1, 2, 3, 4], without=(4,))
    assert of.score is not None
    assert (of.score.correct, of.score.total, of.details.answered) == (4, 5, 4)
    assert (of.scores["accuracy"], of.scores["top3"], of.scores["macro_f1"]) == (0.8, 0.8, 1.0)


def test_one_output_of_a_sigmoid_is_a_class() -> None:
    outputs = np.array([[-128], [-1], [0], [1], [127]], np.int8)  # 0, 0.496, 0.5, 0.504, 0.996
    of = classify(outputs, [0, 0, 1, 1, 1])
    assert of.score is not None
    assert of.score.correct == 4  # exactly a half is not above it
    assert of.confusion == ((2, 0), (1, 2))
    assert of.scores == {"accuracy": 0.8, "macro_f1": pytest.approx(0.8), "auc": 1.0}
    assert of.details.curve is not None


def test_two_classes_have_a_curve_unless_only_one_occurs() -> None:
    outputs = np.array([[9, 0], [0, 9], [5, 4]], np.int8)
    assert classify(outputs, [0, 1, 1]).scores["auc"] == 1.0
    assert "auc" not in classify(outputs, [1, 1, 1]).scores


def test_more_classes_than_a_matrix_can_show_are_scored_all_the_same() -> None:
    outputs = np.eye(120, dtype=np.int8)
    of = classify(outputs, list(range(120)))
    assert of.confusion == ()
    assert of.scores == {"accuracy": 1.0, "macro_f1": 1.0, "top3": 1.0, "top5": 1.0}


def test_values_have_errors_and_the_worst_comes_first() -> None:
    outputs = np.arange(-50, 50, dtype=np.int8)[:, None]
    truth = outputs[:, 0] * 0.5
    truth[7] += 20
    of = found(work(outputs, task=Task(Kind.REGRESS), truth=truth, real=real(0.5, 0)))
    assert (of.task, of.score, of.confusion) == ("regress", None, ())
    assert of.scores["mae"] == pytest.approx(0.2)
    assert of.scores["rmse"] == pytest.approx(2.0)
    assert of.scores["r2"] == pytest.approx(1 - 400 / np.square(truth - truth.mean()).sum())
    worst = of.details.worst[0]
    assert (worst.index, worst.error, worst.truth, worst.said) == (7, 20.0, (-1.5,), (-21.5,))
    assert of.details.points[0] == (-25.0, -25.0)
    assert len(of.details.worst) == score.MOST_WORST


def test_what_is_no_number_is_left_out_of_the_record() -> None:
    outputs = np.array([[1.0], [np.nan], [np.inf], [2.0]], np.float32)
    of = found(work(outputs, task=Task(Kind.REGRESS), truth=np.ones(4)), dtype=DType.FLOAT32)
    assert of.scores == {}
    assert [(each.index, each.error) for each in of.details.worst] == [(1, None), (2, None), (3, 1.0), (0, 0.0)]
    assert of.details.worst[0].said == (None,)
    assert of.details.errors is not None
    assert of.details.errors.beyond == 2


def reconstruct(odd: np.ndarray | None, **more: Any) -> SetResult:
    """Inputs of 3 elements, the later half of which come back worse."""
    outputs = np.zeros((40, 3), np.int8)
    outputs[20:] = np.arange(1, 21)[:, None]
    outputs[5] = 4
    task, inputs = Task(Kind.RECONSTRUCT), np.zeros((40, 3), np.float32)
    return found(work(outputs, task=task, truth=odd, real=real(0.5, 0), real_inputs=inputs), **more)


def test_reconstructions_have_an_area_where_flags_tell_what_is_odd() -> None:
    odd = np.arange(40) >= 20
    of = reconstruct(odd)
    assert (of.task, of.details.odd, of.details.answered) == ("reconstruct", 20, 40)
    # Of 400 pairs: number 5 scores like the fourth odd one, and above three.
    assert of.scores == {"mean_error": 4 / 20, "auc": (400 - 3.5) / 400}
    assert [(each.index, each.odd) for each in of.details.worst][:1] == [(5, False)]
    assert [(each.index, each.odd) for each in of.details.worst][6:8] == [(20, True), (21, True)]
    assert of.details.errors is not None
    assert sum(of.details.errors.counts) == 40
    assert sum(of.details.errors.odd) == 20


def test_reconstructions_without_flags_have_their_error() -> None:
    of = reconstruct(None)
    assert set(of.scores) == {"mean_error"}
    assert (of.details.odd, of.details.curve, of.details.worst[0].index) == (None, None, 39)
    assert reconstruct(np.ones(40, np.int64)).scores == {}
    assert set(reconstruct(np.zeros(40, np.int64)).scores) == {"mean_error"}


def test_nothing_is_scored_without_an_answer() -> None:
    everyone = tuple(range(40))
    assert reconstruct(np.arange(40) >= 20, without=everyone).scores == {}
    assert classify(np.eye(3, dtype=np.int8), [0, 1, 2], without=(0, 1, 2)).scores == {"accuracy": 0.0}


def test_the_json_has_the_scores_of_each_set() -> None:
    outputs = np.array([[9, 0], [0, 9], [5, 4]], np.int8)
    labelled = work(outputs, labels=np.array([0, 1, 1]), task=Task(Kind.CLASSIFY), classes=("no", "yes"))
    values = summary.to_json(judged(labelled))
    assert values["scores"]["mine"]["accuracy"] == pytest.approx(2 / 3)
    assert values["per_class"]["mine"]["yes"] == {
        "support": 2, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3),
    }  # fmt: skip
    assert summary.to_json(judged(work(outputs)))["scores"] == {}


def test_a_record_of_before_the_scores_is_read(tmp_path: Any) -> None:
    """And its seal holds: a new field has no part in it."""
    from toolkit.artifacts.base import seal_of

    old = to_jsonable(samples.proven())
    for each in old["sets"]:
        for new in ("task", "scores", "details"):
            del each[new]
    old["record_sha256"] = seal_of(old)
    path = tmp_path / "verification.json"
    path.write_text(json.dumps(old))
    assert Verification.load(path).sets[0].scores == {}
