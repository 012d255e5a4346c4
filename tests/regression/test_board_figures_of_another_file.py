"""docs/smallest.md said that `smallest` is too big for an Uno, and gave figures of a file that no longer shipped."""

from __future__ import annotations

from toolkit import resources
from toolkit.artifacts import sha256_of
from toolkit.smallest import judge, measure, pipeline


def test_what_was_measured_is_what_ships() -> None:
    models = resources.models()
    study = models / "smallest_study"
    known = measure.known(study)
    shipped = {"smallest", "half", "tiny-row"}
    assert {row.name for row in known} >= shipped
    for row in known:
        _, judged = judge.shipping(study, judge.standing(study)[row.name])
        assert row.refused or row.model_sha256 == sha256_of(judged), f"measure {row.name} again"
        assert row.name not in shipped or judged == (models / row.name / f"{row.name}_int8.tflite").read_bytes()
        assert row.exact == row.asked


def test_each_is_measured_by_rows_too() -> None:
    known = measure.known(resources.models() / "smallest_study")
    plans = pipeline.plans(resources.models() / "smallest_study")
    upright = {name for name, plan in plans.items() if plan.long.upright}
    ways = {(row.name, row.board, row.stream) for row in known if row.name not in upright and row.stream != measure.OFF}
    assert ways == {(name, board, stream) for name, board, _ in ways for stream in measure.STREAMS}
