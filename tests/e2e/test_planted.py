"""One changed byte of one layer's weights, in the image alone: the layer is named, and that its flash is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from tests.e2e.planted import planted, weights_of
from toolkit import api, closely
from toolkit.artifacts import Build, Verdict
from toolkit.errors import UsageError
from toolkit.selection import Selection

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize(("board", "layer"), [("host", 2), ("mps2-an386", 0)])
def test_verify_names_layer_element_and_cause(tmp_path: Path, board: str, layer: int) -> None:
    build = api.build(board, "proposed", workspace=tmp_path)
    constant = weights_of(build)[layer]
    bad = planted(build, constant, 5)
    bad.save(next(tmp_path.glob("build/*/*/build.json")))
    with api.flash(bad, workspace=tmp_path) as device:
        result = api.verify(device, Selection(limit=12, trace=4), strength=False)
    assert result.verdict is Verdict.DIFFERS
    first = result.first_difference
    assert first is not None and result.trace is not None
    assert (first.layer, first.operator) == (f"layer {layer}", " + ".join(build.points[layer].operators))
    assert first.tensor == build.points[layer].output.name
    assert len(first.index) == len(build.points[layer].output.shape)
    assert first.host != first.device
    assert f"its constant {constant} is not what was built: byte 5 is" in first.cause
    assert [each.equal for each in result.trace.layers[:layer]] == [4] * layer
    assert result.trace.layers[layer].equal < 4


def test_bisect_on_demand_against_the_host_and_against_the_other_runtime(tmp_path: Path) -> None:
    assert tinyml("build", "--board", "host", cwd=tmp_path).returncode == 0
    assert tinyml("flash", cwd=tmp_path).returncode == 0
    try:
        sound = tinyml("bisect", "--json", "--trace", "3", cwd=tmp_path)
        assert sound.returncode == 0, sound.stderr
        found = json.loads(sound.stdout)
        assert (found["equal"], found["first_difference"]) == (True, None)
        assert [each["equal"] for each in found["trace"]["layers"]] == [3] * 5
        other = tinyml("bisect", "--against", "tflm", "--input", "7", cwd=tmp_path)
        assert other.returncode == 0, other.stderr
        assert other.stdout.count("1 of 1") == 5
        assert "runtime tflm" in other.stdout
        with pytest.raises(UsageError, match="is not there: the set has"):
            closely.bisect(only=10**6, workspace=tmp_path)
        with pytest.raises(UsageError, match="--against gpu is not known"):
            closely.bisect(against="gpu", workspace=tmp_path)
    finally:
        api.stop(workspace=tmp_path)


def test_bisect_of_a_damaged_device_exits_with_4_and_says_where(tmp_path: Path) -> None:
    assert tinyml("build", "--board", "host", cwd=tmp_path).returncode == 0
    record = next(tmp_path.glob("build/*/*/build.json"))
    bad = planted(Build.load(record), "layer1_weights", 0)
    bad.save(record)
    with api.flash(bad, workspace=tmp_path):
        done = tinyml("bisect", "--json", cwd=tmp_path)
    assert done.returncode == 4
    first = json.loads(done.stdout)["first_difference"]
    assert (first["layer"], first["set"], first["input"]) == ("layer 1", "mnist", 0)
    assert "layer1_weights" in done.stderr
