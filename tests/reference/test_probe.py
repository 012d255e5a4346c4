"""A model that kills the interpreter costs a line, not the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit import reference, resources
from toolkit.errors import ModelError


def test_dead_interpreter_is_told() -> None:
    with pytest.raises(ModelError, match=r"dies of net\.tflite"):
        reference.probe(Path("net.tflite"), code="import os; os.abort()")


def test_sound_model_passes_and_a_refused_one_is_left_to_the_caller(tmp_path: Path) -> None:
    reference.probe(resources.models() / "proposed" / "proposed_int8.tflite")
    refused = tmp_path / "refused.tflite"
    refused.write_bytes(b"no model at all")
    reference.probe(refused)
