"""What each network reaches on its own training images, counted, and beside the targets on the page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.smallest.test_study import _run, sets
from toolkit.smallest import data, fits, native, pipeline, records, training
from toolkit.smallest.records import Record

__all__ = ["sets"]

pytestmark = pytest.mark.skipif(not any(map(shutil.which, native.COMPILERS)), reason="no C compiler")


def test_it_counts_every_whole_pipeline_on_its_training_images(sets: data.Sets, tmp_path: Path) -> None:
    words = _run().words
    told = {"words": words, "slope": 0.1, "starts": 1, "short": {"epochs": 1}, "long": {"epochs": 2}}
    (tmp_path / pipeline.PLANS).write_text(json.dumps({"a": told}))
    plan = pipeline.plan(tmp_path, "a")
    trained = training.train(plan.shorts(1)[0], "other", sets, tmp_path)
    weights = training.kept(tmp_path, trained.run)
    path = pipeline.network_path(tmp_path, "a", 1).with_suffix(".npz")
    path.parent.mkdir()
    path.write_bytes(training.packed(weights))
    whole = plan.whole(trained.run)
    records.append(tmp_path, Record(whole, plan.purposes[1], 1, 1, records.WHOLE, 0.5, 0.1, 0.5, 0.1, 1.0, "v", "now"))
    seen: list[fits.Fit] = []
    fits.count(tmp_path, sets, seen.append)
    network = native.Network(weights.topology)
    network.set_statistics(weights.statistics)
    answers = network.run(weights.parameters, data.REAL, sets.train.pixels).argmax(axis=1)
    right = int(np.sum(answers == sets.train.labels))
    assert seen == [fits.Fit("a", 1, right, len(sets.train.labels))]
    assert fits.known(tmp_path) == tuple(seen) and fits.known(tmp_path / "none") == ()
    assert trained.fit == pytest.approx(right / len(sets.train.labels), abs=1e-6)
