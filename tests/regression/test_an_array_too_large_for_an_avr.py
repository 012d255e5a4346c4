"""The compiler took a network with an array of 43 KB for an AVR, and avr-gcc refused it: size of array is too large."""

from __future__ import annotations

import pytest

from toolkit import compiler, resources
from toolkit.errors import DoesNotFitError

CNN_8_8 = (resources.models() / "cnn-8-8" / "cnn-8-8_float32.tflite").read_bytes()


def test_it_is_refused_by_name() -> None:
    with pytest.raises(DoesNotFitError, match="one layer's weights take 43,264 bytes"):
        compiler.compile_model(CNN_8_8, isa="avr", fpu=False)


def test_an_export_says_so_for_an_avr_alone() -> None:
    made = compiler.exported(CNN_8_8)
    assert list(made.refused) == ["avr"]
    cores = {"armv8_1m_mve", "armv7em", "armv6m", "rv32", "native"}
    assert {core for each in made.lowerings for core, _ in each.cores} == cores
