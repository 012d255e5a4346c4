"""A device that equals TensorFlow Lite Micro was PROVEN, and nothing said that TFLM was not what was trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from tests.reference.test_agreement import sum_network


@pytest.mark.parametrize("command", ["build", "run"])
def test_build_holds_tflm_against_litert(tmp_path: Path, command: str) -> None:
    model = tmp_path / "sums.tflite"
    model.write_bytes(sum_network("int8"))
    limit = ("--limit", "5") if command == "run" else ()
    done = tinyml(command, "--board", "host", "--model", str(model), *limit, "--json", cwd=tmp_path)
    assert "warning:" in done.stderr, done.stderr
    assert "are not LiteRT's" in " ".join(done.stderr.split())
    record = json.loads((tmp_path / "build" / "host" / "sums-int8-aot" / "build.json").read_text())
    assert record["agreement"]["operator"] == "SUM (operator 0)"
    assert record["agreement"]["inputs"] == 100


def test_a_network_that_agrees_gets_no_warning(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "host", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning:" not in done.stderr
    agreement = json.loads(done.stdout)["agreement"]
    assert (agreement["operator"], agreement["why_not"]) == ("", "")
    assert agreement["inputs"] >= 10
