"""Networks and data of other people, where they lie beside this checkout: the scores that are known of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit import reference
from toolkit.data import choose, load_external
from toolkit.selection import Selection
from toolkit.tflite.ends import ends_of

SHARED = Path(__file__).parents[2].parent / "shared"
KEYWORDS = SHARED / "mlperf-tiny"


def right(tflite: bytes, selection: Selection) -> tuple[int, int, str]:
    """How many samples the host's interpreter gets right, of how many, and what was said of them."""
    ends = ends_of(tflite)
    chosen = choose(ends.inputs, ends.outputs, selection)
    (samples,) = chosen.sets
    inputs = samples.values if samples.scaling is None else reference.quantise(tflite, samples.values, samples.scaling)
    outputs = ends.output.real(reference.expected_outputs(tflite, inputs)).reshape(len(samples), -1)
    return int((outputs.argmax(axis=1) == samples.labels).sum()), len(samples), chosen.told


@pytest.mark.skipif(not KEYWORDS.is_dir(), reason="MLPerf Tiny's networks are not beside this checkout")
@pytest.mark.skipif(reference.interpreter_name() != reference.OFFICIAL, reason="others round otherwise")
def test_keywords() -> None:
    network = (KEYWORDS / "kws_ref_model.tflite").read_bytes()
    correct, asked, told = right(network, Selection(data=KEYWORDS / "kws01"))
    assert (correct, asked) == (901, 1000)
    assert told.startswith("1,000 inputs of kws01; labels from y_labels.csv; raw int8 values; ")


@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="the cases are not beside this checkout")
@pytest.mark.parametrize(("name", "said"), [("raw_0_255_int8", "0..255"), ("minus1_1_int8", "-1..1")])
def test_pixels_that_are_not_0_to_1(tmp_path: Path, name: str, said: str) -> None:
    drawn = load_external()
    np.savez(tmp_path / "drawn.npz", x=drawn.values, y=drawn.labels)
    network = (SHARED / "cases" / f"{name}.tflite").read_bytes()
    correct, asked, told = right(network, Selection(data=tmp_path / "drawn.npz"))
    assert (correct, asked) == (10, 10)
    assert f"elements as {said}, as the input's quantisation tells" in told
