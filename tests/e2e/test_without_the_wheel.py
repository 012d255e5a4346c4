"""The official interpreter is hidden, as it is on macOS, Windows and Arm: our own reading of it decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.host_board import listening
from toolkit import reference, workspace
from toolkit.artifacts import Build, DType, Verdict
from toolkit.selection import Selection
from toolkit.steps import build as build_step
from toolkit.steps import verify as step

pytestmark = pytest.mark.emulator


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """The official interpreter is not there, and LiteRT is asked for scores only: never for what is compared."""
    have, lite = reference.is_installed, reference._lite

    def stand_in(tflite: bytes, package: str) -> reference.Infer:
        assert package == reference.OPTIMISED, f"{package} was asked"
        return lite(tflite, package)

    monkeypatch.setattr(reference, "is_installed", lambda name: name != reference.OFFICIAL and have(name))
    monkeypatch.setattr(reference, "_lite", stand_in)
    monkeypatch.delattr(reference, "_tflm")


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize(("dtype", "limit"), [(DType.INT8, None), (DType.FLOAT32, 50)])
def test_the_demo_is_proven(dtype: DType, limit: int | None, tmp_path: Path) -> None:
    """int8: all 10,010 of them."""
    build_step.build(build_step.Request("host", "proposed", dtype, workspace=tmp_path))
    target, place, build = workspace.newest(tmp_path, "host")
    assert isinstance(build, Build)
    with listening(build.image) as ports:
        result = step.verify(target, place, build, ports, Selection(limit=limit), resume=False, strength=False)
    assert result.verdict is Verdict.PROVEN
    assert result.within_tolerance == result.asked == (10_010 if limit is None else limit + 10)
    assert "own reading of TensorFlow Lite Micro" in result.reference
    assert result.reference == result.tools["reference"]
    if dtype is DType.INT8:
        assert result.bit_exact == 10_010
