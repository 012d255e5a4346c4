"""A release library of TFLM (TF_LITE_STRIP_ERROR_STRINGS) has no MicroPrintf, and the engine did not link."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tflm.test_library import MICRO_PRINTF, NANO33, archive, checkout
from toolkit.runtimes.tflm import find_library

__all__ = ["checkout"]  # a fixture


@pytest.mark.parametrize(("source", "stripped"), [(MICRO_PRINTF, False), ("void AllocateTensors(void) {}", True)])
def test_our_side_is_compiled_as_the_library_was(checkout: Path, source: str, stripped: bool) -> None:
    archive(checkout / "lib", source=source)
    found = find_library({"TFLM_DIR": str(checkout)}, NANO33)
    assert ("TF_LITE_STRIP_ERROR_STRINGS" in found.defines) == stripped
    assert ("-DTF_LITE_STRIP_ERROR_STRINGS" in found.makefile()) == stripped
