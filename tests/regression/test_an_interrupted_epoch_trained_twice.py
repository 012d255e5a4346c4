"""A training that was stopped in the middle of an epoch trained that epoch twice, and ended with other weights.

Nearly all time is spent in C, which changes the weights in place; a signal is answered when C returns, before the epoch
was counted, and the checkpoint then held an epoch more than it said. The test there was stopped between epochs alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.smallest.test_study import _run, sets
from toolkit.smallest import data, native, records, training

__all__ = ["sets"]

pytestmark = pytest.mark.skipif(not any(map(shutil.which, native.COMPILERS)), reason="no C compiler")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_it_goes_on_to_the_same_weights(
    sets: data.Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    whole = native.Network.epoch
    asked = 0

    def epoch(*given: Any, **settings: Any) -> float:
        nonlocal asked
        asked += 1
        loss = whole(*given, **settings)
        if asked == 2:
            raise stop
        return loss

    monkeypatch.setattr(native.Network, "epoch", epoch)
    with pytest.raises(stop):
        training.train(_run(), "search", sets, tmp_path / "stopped")
    assert [each.state for each in records.read(tmp_path / "stopped")] == ["stopped after epoch 1"]
    training.train(_run(), "search", sets, tmp_path / "stopped")
    assert asked == 4
    training.train(_run(), "search", sets, tmp_path / "whole")
    one, other = (training.kept(tmp_path / name, _run()) for name in ("stopped", "whole"))
    assert np.array_equal(one.parameters, other.parameters)
