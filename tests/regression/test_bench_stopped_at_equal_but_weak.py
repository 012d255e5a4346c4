"""`make bench` ended at Efficient-CapsNet: twenty outputs are equal to the host's, but too few of them are distinct."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bench import measure
from toolkit import api, process
from toolkit.artifacts import DType, Verdict, Verification
from toolkit.selection import Selection

pytestmark = pytest.mark.skipif(process.find("valgrind") is None, reason="valgrind counts the host's instructions")


@pytest.mark.parametrize("verdict", [Verdict.WEAK, Verdict.DIFFERS])
def test_what_is_equal_is_measured(verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = api.verify

    def judged(device: api.Device, selection: Selection) -> Verification:
        return dataclasses.replace(verify(device, selection), verdict=verdict)

    monkeypatch.setattr(api, "verify", judged)
    if verdict is Verdict.DIFFERS:
        with pytest.raises(SystemExit, match="is not equal"):
            measure.ours(tmp_path, "host", "proposed", DType.INT8, "speed", images=2)
    else:
        row = measure.ours(tmp_path, "host", "proposed", DType.INT8, "speed", images=2)
        assert row is not None
        assert row.instructions is not None
