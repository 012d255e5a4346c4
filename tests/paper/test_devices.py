"""Every network on emulated boards: the records, and two real runs."""

import dataclasses
from pathlib import Path

import pytest

from toolkit import resources
from toolkit.artifacts import DType, ModelCard, sha256_of
from toolkit.errors import DoesNotFitError, ModelError, NotProvenError, TinymlError, ToolError
from toolkit.paper import devices
from toolkit.paper.devices import DeviceResult
from toolkit.selection import Selection

RESULT = DeviceResult(
    "mps2-an386", "proposed", "int8", "proven", "", "aot", "00", 4000, 9000, 2000, 110, 0.0, 1, "cycles"
)


def test_the_later_result_counts_and_the_zoo_gives_the_order(tmp_path: Path) -> None:
    again = dataclasses.replace(RESULT, flash_bytes=8000)
    first = dataclasses.replace(RESULT, board="host", model="squeezenet")
    second = dataclasses.replace(RESULT, board="host", model="initial")
    devices.save_results([RESULT, first, again, second], tmp_path / "kept.json")
    assert devices.load_results(tmp_path / "kept.json") == (second, first, again)
    assert devices.load_results(tmp_path / "none.json") == ()
    (tmp_path / "bad.json").write_text('[{"board": 1}]')
    with pytest.raises(TinymlError, match="is damaged"):
        devices.load_results(tmp_path / "bad.json")


@pytest.mark.parametrize(
    ("caught", "outcome"),
    [
        (DoesNotFitError("too big"), "does not fit"),
        (ModelError("no int8 file"), "refused"),
        (NotProvenError("differs"), "not proven"),
    ],
)
def test_a_refusal_keeps_its_reason(caught: TinymlError, outcome: str) -> None:
    found = devices.of_refusal("host", "initial", "int8", caught, "2026-01-01")
    assert (found.outcome, found.said, found.images) == (outcome, caught.message, 0)


def test_a_fault_that_is_none_of_the_networks_stops_the_table() -> None:
    with pytest.raises(ToolError):
        devices.of_refusal("host", "initial", "int8", ToolError("no compiler"), "")


@pytest.mark.emulator
def test_a_run_that_is_proven(tmp_path: Path) -> None:
    found = devices.perform("host", "cnn-2-2", DType.INT8, Selection(limit=0), tmp_path)
    assert (found.outcome, found.said, found.images, found.max_difference) == ("proven", "", 10, 0)
    file = resources.models() / "cnn-2-2" / "cnn-2-2_int8.tflite"
    assert found.model_sha256 == sha256_of(file.read_bytes())
    assert found.model_bytes == file.stat().st_size


def test_a_network_too_big_says_by_how_much(tmp_path: Path) -> None:
    found = devices.perform("microbit", "initial", DType.FLOAT32, Selection(limit=0), tmp_path)
    assert found.outcome == "does not fit"
    assert "flash by" in found.said
    assert "of 262,144" in found.said


def test_what_is_kept_was_measured_on_the_shipped_files() -> None:
    kept = devices.load_results()
    assert kept
    for result in kept:
        card = ModelCard.load(resources.models() / result.model / "card.json")
        if result.model_sha256:
            assert result.model_sha256 == card.files[f"{result.model}_{result.dtype}.tflite"], result.key
