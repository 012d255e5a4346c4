"""Where neither LiteRT nor TensorFlow nor tflite-micro has a wheel, a proven run ended in an internal error."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from toolkit import reference, resources
from toolkit.errors import ToolError
from toolkit.reference import loss
from toolkit.tflite import schema
from toolkit.tflite.ends import ends_of

FOLDER = resources.models() / "proposed"


def test_what_the_conversion_cost_is_told_by_our_own_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    float32, int8 = ((FOLDER / f"proposed_{kind}.tflite").read_bytes() for kind in ("float32", "int8"))
    real = np.random.default_rng(5).uniform(0, 1, (3, *ends_of(float32).inputs[0].sample)).astype(np.float32)
    inputs = (float32, int8, [real], [reference.quantise(int8, real)])
    with_all = loss.by_layer(*inputs)
    monkeypatch.setattr(reference, "is_installed", lambda _: False)
    alone = loss.by_layer(*inputs)
    assert [each.name for each in alone.layers] == [each.name for each in with_all.layers]
    assert (alone.worst, alone.samples) == (with_all.worst, 3)
    for mine, theirs in zip(alone.layers, with_all.layers, strict=True):
        assert mine.snr_db == pytest.approx(theirs.snr_db, abs=0.05)


def test_a_network_that_must_be_rewritten_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def hidden(name: str, package: str | None = None) -> Any:
        return None if name in ("ai_edge_litert", "tensorflow") else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", hidden)
    with pytest.raises(ToolError, match="takes the schema of LiteRT or TensorFlow"):
        schema.load()
