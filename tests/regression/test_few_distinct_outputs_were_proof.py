"""A saturated network gives one answer to everything; with a third of a layer's weights negated it was still proven."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from tests.link.device import HELLO
from tests.report import samples
from toolkit.artifacts import DType, LinkStats, Verdict, Verification
from toolkit.artifacts.tensor import plain
from toolkit.cli import verify as command
from toolkit.errors import WeakProofError
from toolkit.link.client import Answer
from toolkit.report import html, junit, summary, terminal
from toolkit.verify import Workload
from toolkit.verify.judge import distinct_outputs, judge


def _work(expected: np.ndarray) -> Workload:
    rows = np.ascontiguousarray(expected)
    outputs = rows.reshape(len(rows), -1).view(np.uint8)
    return Workload("random", np.zeros((len(rows), 16), np.uint8), "tensor", outputs, words=samples.WORDS["random"])


def _right(work: Workload) -> dict[int, Answer]:
    return {key: Answer(key, row.tobytes(), 5) for key, row in enumerate(work.expected)}


def judged(kinds: int) -> Verification:
    """A device that is right about 100 inputs, to which the host has so many different answers."""
    work = _work((np.arange(100) % kinds).astype(np.int8)[:, np.newaxis].repeat(4, axis=1))
    answers = _right(work)
    told = "100 made-up inputs"
    return judge(
        samples.build(), [work], answers, HELLO, LinkStats(), reference="x", seconds=1.0, asked=100, inputs=told
    )


@pytest.mark.parametrize(("kinds", "verdict"), [(1, Verdict.WEAK), (2, Verdict.WEAK), (3, Verdict.PROVEN)])
def test_fewer_than_three_are_weak(kinds: int, verdict: Verdict) -> None:
    result = judged(kinds)
    assert (result.verdict, result.distinct_outputs, result.proven) == (verdict, kinds, verdict is Verdict.PROVEN)


def _distinct(outputs: np.ndarray) -> int:
    """Of a device that gives the very bytes."""
    work = _work(outputs.astype(np.float32))
    return distinct_outputs([work], _right(work), plain(DType.FLOAT32, work.expected.shape[1]))


def test_float32_outputs_that_only_rounding_tells_apart_count_once() -> None:
    outputs = np.full((50, 2), 0.3, np.float32) * (1 + np.arange(50, dtype=np.float32)[:, np.newaxis] * 1e-7)
    assert len({row.tobytes() for row in outputs.astype(np.float32)}) > 3
    assert _distinct(outputs) < 3
    outputs[7] = 0.31
    assert _distinct(outputs) == 2


def test_weak_is_said_everywhere_and_is_exit_code_4(tmp_path: Path) -> None:
    result, build = judged(1), samples.build()
    out = io.StringIO()
    terminal.render(Console(file=out, width=80), result, build)
    assert "EQUAL, BUT WEAK" in out.getvalue()
    assert "PROVEN" not in out.getvalue()
    assert "1 distinct output" in out.getvalue()
    page = html.render(result, build)
    assert "but these inputs show little." in page
    assert "100 made-up inputs" in page
    assert "all the same" in page
    values = summary.to_json(result)
    assert (values["verdict"], values["proven"], values["inputs"], values["distinct_outputs"]) == (
        "weak", False, "100 made-up inputs", 1,
    )  # fmt: skip
    suite = ElementTree.fromstring(junit.render(result))[0]  # noqa: S314 - our own output
    failure = suite.find("testcase[@name='verdict']/failure")
    assert failure is not None
    assert failure.attrib["type"] == "weak"
    with pytest.raises(WeakProofError, match="show little") as caught:
        command.finish(tmp_path / "report.html", build, result, json=True, junit=None)
    assert caught.value.exit_code == 4


def test_a_difference_is_no_weakness() -> None:
    work = _work(np.zeros((9, 4), np.int8))
    answers = {key: Answer(key, bytes(4), 5) for key in range(9)} | {3: Answer(3, b"\1\0\0\0", 5)}
    result = judge(samples.build(), [work], answers, HELLO, LinkStats(), reference="x", seconds=1.0, asked=9)
    assert result.verdict is Verdict.DIFFERS
    assert dataclasses.asdict(result)["first_difference"]["said"] == "made-up input 3, element 0 of 4: host 0, device 1"
