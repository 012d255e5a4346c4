"""`tinyml profile` as a user calls it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tinyml import tinyml
from tests.report.test_profile import ESTIMATE
from toolkit import api, closely, emulate
from toolkit.artifacts import Build, Runtime
from toolkit.cli import profile as profile_command
from toolkit.errors import LinkError, ModelError, TinymlError, UsageError
from toolkit.selection import Selection

EMULATED = pytest.mark.emulator

OF_A_LAYER = {"name", "operators", "ticks", "share", "macs", "flash_bytes", "ram_bytes"}


def profile(workspace: Path, *more: str) -> dict[str, Any]:
    """What it says as JSON."""
    done = tinyml("profile", *more, "--json", cwd=workspace)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module", name="workspace")
def _workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profiles")


@pytest.fixture(scope="module", name="counted")
def _counted(workspace: Path) -> dict[str, Any]:
    """The demo's network on QEMU, which counts every instruction; built because nothing was."""
    return profile(workspace, "--board", "mps2-an386", "--limit", "2")


@EMULATED
def test_layers_add_up_to_the_whole(counted: dict[str, Any], workspace: Path) -> None:
    assert (counted["unit"], counted["estimate"]) == ("instructions", False)
    layers = counted["layers"]
    assert all(layer.keys() >= OF_A_LAYER for layer in layers)
    assert [layer["operators"][0] for layer in layers] == [
        *("CONV_2D", "CONV_2D", "FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX")
    ]
    together = sum(layer["ticks"] for layer in layers)
    assert 0 < together - counted["total"] < 0.01 * counted["total"]
    assert sum(layer["share"] for layer in layers) == pytest.approx(1)
    build = json.loads((workspace / "build/mps2-an386/proposed-int8-aot/build.json").read_text())
    assert [layer["macs"] for layer in layers] == [layer["macs"] for layer in build["layers"]]
    code_and_constants = sum(layer["flash_bytes"] for layer in layers) + sum(
        kernel["code_bytes"] for kernel in counted["kernels"]
    )
    sizes = build["size"]["layers"].values()
    own = sum(size["code_bytes"] + size["constants_bytes"] for size in sizes)
    assert code_and_constants == own + sum(build["size"]["kernels"].values())
    assert 0 <= build["arena_bytes"] - max(layer["live_bytes"] for layer in layers) < 4  # the arena is whole words
    assert {path.suffix for path in Path(counted["page"]).parent.glob("profile.*")} == {".json", ".html", ".svg"}


@EMULATED
def test_the_estimate_counts_as_qemu_does(counted: dict[str, Any], workspace: Path) -> None:
    """The same code on both: instruction for instruction, but for the few around a layer."""
    pytest.importorskip("unicorn")
    estimate = profile(workspace, "--board", "nano33", "--limit", "2")
    assert (estimate["unit"], estimate["estimate"]) == ("cycles", True)
    assert abs(estimate["instructions"] - counted["total"]) <= 4
    apart = [
        there["ticks"] - here["instructions"] for here, there in zip(estimate["layers"], counted["layers"], strict=True)
    ]
    assert all(0 <= each <= 24 for each in apart), apart
    assert estimate["least"] <= estimate["total"] <= estimate["most"]
    assert estimate["total"] > estimate["instructions"], "no Cortex-M4 does more than one in a cycle"
    assert estimate["flash_waits"] >= estimate["layers"][0]["flash_reads"] > 0
    assert not (workspace / "build" / "nano33" / "device.json").exists(), "the board that counts is nobody else's"


@pytest.fixture(scope="module", name="build")
def _build(workspace: Path) -> Build:
    return api.build("host", workspace=workspace)


def test_a_board_that_runs_goes_on(workspace: Path, build: Build) -> None:
    with api.flash(build, workspace=workspace) as device:
        found = closely.profile(build, Selection(limit=3), workspace=workspace)
        assert (found.unit, found.inputs, found.estimate) == ("microseconds", 3, False)
        assert found.fastest <= found.total <= found.slowest
        assert api.attach(build, workspace=workspace).ports == device.ports
        assert api.verify(device, Selection(limit=3), strength=False).within_tolerance == 13


def test_a_board_that_ended_is_started_for_the_time(workspace: Path, build: Build) -> None:
    record = api.flash(build, workspace=workspace).record
    assert record is not None and record.pid is not None
    emulate.load("host").stop(record.pid, record.started)
    assert closely.profile(build, Selection(limit=1), workspace=workspace).inputs == 1
    assert not any("firmware" in each for each in running(workspace)), "what was started was ended"


def running(workspace: Path) -> list[str]:
    """Command lines of processes that have this workspace in them."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(place.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [each for each in found if str(workspace) in each]


@pytest.mark.parametrize(
    ("board", "changed", "asked", "error", "said"),
    [
        ("host", {}, {"selection": Selection(limit=0)}, TinymlError, "no inputs to profile with"),
        ("host", {}, {"port": "socket://127.0.0.1:9"}, UsageError, "has no use"),
        ("host", {"runtime": Runtime.TFLM}, {}, ModelError, "computes all operators before it tells of the first"),
        ("host", {"points": ()}, {}, ModelError, "it was built before layers could be asked for"),
        ("mps2-an386", {"points": (), "layers": ()}, {}, ModelError, "without the strings by which it would"),
        ("uno", {"board": "uno"}, {}, LinkError, "no Arduino Uno is known to run this build"),
    ],
)
def test_what_is_wrong_is_said(
    workspace: Path,
    build: Build,
    board: str,
    changed: dict[str, Any],
    asked: dict[str, Any],
    error: type[TinymlError],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        closely.profile(
            dataclasses.replace(build, **changed), board=api.board(board, workspace), workspace=workspace, **asked
        )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--board", "host", "--sort", "beauty"), "--sort beauty is not known"),
        (("--model", "proposed"), "--model asks for a build, and no board is named"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(workspace: Path, more: tuple[str, ...], said: str) -> None:
    done = tinyml("profile", *more, cwd=workspace)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split()) and "Traceback" not in done.stderr


def test_the_terminal_says_what_the_figures_are(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    profile_command.render(ESTIMATE, "flash", tmp_path / "profile.html")
    lines = capsys.readouterr().out.splitlines()
    shown = [line.split() for line in lines if line.startswith("layer ") and "computes" not in line]
    assert [" ".join(words[:2]) for words in shown] == ["layer 2", "layer 0", "layer 1"]
    text = " ".join(" ".join(lines).split())
    assert "cycles (est.)" in text and "an estimate" in text and "Nothing was measured" in text
