"""A library with CMSIS-NN's vector kernels did not fit into the arena: "engine failed", or a lock-up on mps3-an547.

Its depthwise kernel asks 4 x 124 x kernel bytes of scratch, whatever the channels; its dense layers keep a sum for each
output, and those of all layers add up. The figures were measured with a library of 2026-08-20 in QEMU's Cortex-M55:
*used* is what AllocateTensors says, *least* the smallest arena, in steps of 16, with which it runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tflm.models import shipped
from toolkit.runtimes.tflm import arena, cmsis_nn, figures

MLPERF = Path(__file__).parents[2].parent / "shared" / "mlperf-tiny"
MEASURED = {  # used, least; and what was reserved before, with which each but the last failed
    "kws_ref_model.tflite": (27_348, 27_360, 26_496),
    "ad01_int8.tflite": (9_268, 9_696, 8_416),
    "proposed": (5_988, 6_000, 6_960),
}


@pytest.mark.parametrize("name", MEASURED)
def test_the_arena_holds_what_was_measured(name: str) -> None:
    if name != "proposed" and not (MLPERF / name).is_file():
        pytest.skip(f"{name} is not there")
    tflite = shipped("int8") if name == "proposed" else (MLPERF / name).read_bytes()
    used, least, _ = MEASURED[name]
    made = arena.size(figures.measure(tflite), arena.shape_of(tflite, vector=True))
    assert used <= least <= made.size <= 1.35 * least


def test_sums_of_dense_layers_add_up_only_where_the_core_has_vectors() -> None:
    scalar, vector = (arena.shape_of(shipped("int8"), vector=vector).lasting for vector in (False, True))
    assert scalar == 11 * cmsis_nn.RECORD
    assert vector - scalar == 32 + 48  # four bytes each for 5 and for 10 outputs, rounded up to 16
