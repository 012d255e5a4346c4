"""GCC 14 made the speed build 2.3 kB larger, and no faster: a layer's unrolled code stood there twice.

It takes the first turn out of a loop that asks whether it is the first (-fsplit-loops). The loop over a layer's rows
does, and all that is unrolled lies inside. No test saw it: the tests ran with GCC 12 only, and held no size.
"""

from __future__ import annotations

from pathlib import Path

from tests.regression.workspace import tinyml

LAYER1 = 2_098
"""Bytes of code that GCC 12 makes of it."""


def test_an_unrolled_layer_stands_there_once(tmp_path: Path) -> None:
    built = tinyml("build", "--board", "mps2-an386", "--json", folder=tmp_path)
    assert built["size"]["layers"]["layer1"]["code_bytes"] < 1.1 * LAYER1
