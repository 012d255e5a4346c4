"""Where LiteRT stands in for the official interpreter, a sound device differs from it, and an unsound one may not."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from tests.cli.tinyml import tinyml
from tests.e2e.host_board import listening
from tests.link.device import HELLO
from tests.report import samples
from toolkit import reference, workspace
from toolkit.artifacts import Build, LinkStats, Verdict, Verification
from toolkit.cli import verify as command
from toolkit.errors import UndecidedError
from toolkit.link.client import Answer
from toolkit.report import html, junit, terminal
from toolkit.selection import Selection
from toolkit.steps import build as build_step
from toolkit.steps import verify as step
from toolkit.verify import Workload
from toolkit.verify.judge import judge


def judged(*, wrong: int = 0, silent: int = 0) -> Verification:
    """100 inputs, of which the device answers some otherwise than the stand-in, and some not at all."""
    expected = np.arange(400, dtype=np.uint8).reshape(100, 4)
    work = Workload("random", np.zeros((100, 16), np.uint8), "tensor", expected)
    outputs = expected.copy()
    outputs[:wrong, 1] += 1
    answers = {key: Answer(key, row.tobytes(), 5) for key, row in enumerate(outputs) if key < 100 - silent}
    return judge(
        samples.build(), [work], answers, HELLO, LinkStats(), reference="LiteRT", seconds=1.0, asked=100, decides=False
    )


@pytest.mark.parametrize("wrong", [0, 1, 100])
def test_neither_equal_nor_different_bytes_decide(wrong: int) -> None:
    result = judged(wrong=wrong)
    assert (result.verdict, result.bit_exact, result.proven) == (Verdict.UNDECIDED, 100 - wrong, False)


def test_a_missing_output_is_a_fault_by_any_measure() -> None:
    assert judged(silent=1).verdict is Verdict.DIFFERS


def test_nobody_is_blamed(tmp_path: Path) -> None:
    result, build = judged(wrong=2), samples.build()
    out = io.StringIO()
    terminal.render(Console(file=out, width=80), result, build)
    assert "UNDECIDED" in out.getvalue()
    page = html.render(result, build)
    assert "do not trust it" not in page
    assert "What failed" not in page
    assert "Which of them is right is not known." in page
    suite = ElementTree.fromstring(junit.render(result))[0]  # noqa: S314 - our own output
    assert suite.attrib["errors"] == "1"
    assert suite.attrib["failures"] == "0"
    with pytest.raises(UndecidedError) as caught:
        command.finish(tmp_path / "report.html", build, result, json=True, junit=None)
    assert caught.value.exit_code == 5
    assert "2 outputs of 100 differ from the stand-in's" in caught.value.message


@pytest.mark.emulator
def test_a_run_without_the_official_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_step.build(build_step.Request("host", "proposed", workspace=tmp_path))
    target, place, build = workspace.newest(tmp_path, "host")
    assert isinstance(build, Build)
    have = reference.is_installed
    monkeypatch.setattr(reference, "is_installed", lambda name: name != reference.OFFICIAL and have(name))
    monkeypatch.setattr(reference, "_unknown", lambda _: ("SVDF (operator 0) is not known",))
    with listening(build.image) as ports:
        result = step.verify(target, place, build, ports, Selection(limit=300), resume=False)
    assert result.verdict is Verdict.UNDECIDED
    assert "LiteRT" in result.reference
    assert result.answered == 310
    assert tinyml("report", cwd=tmp_path).returncode == 5
