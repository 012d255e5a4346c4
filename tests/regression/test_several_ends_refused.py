"""Of 73 foreign networks that were refused, 22 had several inputs or outputs and 18 had uint8 or int16 ends."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.compiler import several_ends
from tests.link.device import HELLO
from tests.report import samples
from toolkit import reference
from toolkit.artifacts import LinkStats, Verdict, Verification
from toolkit.data.task import Task
from toolkit.link.client import Answer
from toolkit.tflite.ends import ends_of
from toolkit.verify import Workload
from toolkit.verify.judge import judge


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("network", "runtime", "dtype"),
    [
        (several_ends.mixed, "aot", "int8"),
        (several_ends.mixed, "tflm", "int8"),
        (several_ends.floats, "aot", "float32"),
        (several_ends.int16x8, "tflm", "int8"),
    ],
)
def test_it_is_proven(network: Callable[[], bytes], runtime: str, dtype: str, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(network())
    asked = ("--model", "net.tflite", "--dtype", dtype, "--runtime", runtime, "--limit", "20")
    done = tinyml("run", "--board", "host", *asked, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["verdict"], result["answered"]) == ("proven", 20)
    assert result["strength"]["planted"] > 20
    # The compiler does not take 16x8.
    assert result["strength"]["how"] == ("interpreter" if network is several_ends.int16x8 else "compiled C")
    build = json.loads((tmp_path / f"build/host/net-{dtype}-{runtime}/build.json").read_text())
    for what, specs in (("inputs", ends_of(network()).inputs), ("outputs", ends_of(network()).outputs)):
        assert [each["dtype"] for each in build[what]] == [spec.dtype for spec in specs]


def test_a_16x8_network_is_sent_to_the_other_runtime(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(several_ends.int16x8())
    done = tinyml("build", "--board", "host", "--model", "net.tflite", "--runtime", "aot", cwd=tmp_path)
    assert done.returncode == 1
    assert "int16 activations in CONV_2D, FULLY_CONNECTED, SOFTMAX" in done.stderr
    assert "--runtime tflm, which takes it" in done.stderr


def _judged(change: Callable[[np.ndarray], None], task: Task | None = None) -> Verification:
    """Twenty rows of the float32 network's outputs, [2] and [5], of which the device gives others."""
    made = several_ends.floats()
    ends, given = ends_of(made), several_ends.inputs(made, 20)
    expected = reference.expected_outputs(made, given)
    got = expected.copy().view("<f4")
    change(got)
    labels = None if task is None else np.argmax(expected.view("<f4")[:, 2:], axis=1)
    work = Workload("random", several_ends.rows(made, given), "tensor", expected, labels=labels, task=task or Task())
    answers = {key: Answer(key, row.tobytes(), 5) for key, row in enumerate(got)}
    build = dataclasses.replace(samples.build(), inputs=ends.inputs, outputs=ends.outputs)
    return judge(build, [work], answers, HELLO, LinkStats(), reference="x", seconds=1.0, asked=20)


def test_a_small_output_is_not_forgiven_for_a_large_one_beside_it() -> None:
    """The second output is ten thousand times as large as the first."""

    def change(got: np.ndarray) -> None:
        got[3, 1] *= 1.001

    result = _judged(change)
    assert result.verdict is Verdict.DIFFERS
    assert result.first_difference is not None
    assert "input 3, output 0 (t" in result.first_difference.said
    assert "element 1 of 2" in result.first_difference.said


def test_rounding_is_forgiven_in_each() -> None:
    def change(got: np.ndarray) -> None:
        got *= np.float32(1 + 2e-6)

    assert _judged(change).verdict is Verdict.PROVEN


def test_the_output_that_the_task_names_is_scored() -> None:
    from toolkit.data.task import Kind

    result = _judged(lambda _: None, Task(Kind.CLASSIFY, output=1))
    assert result.sets[0].score is not None
    assert (result.sets[0].score.correct, result.sets[0].output) == (20, 1)
