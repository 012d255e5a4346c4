"""Each example runs as it lies there, from its folder's tinyml.toml alone: proven, its gates met, its score as told."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.tinyml import tinyml
from toolkit.tflite.description import describe

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SCORES = {
    "gestures": ("accuracy", 0.96, 0.98, 200),
    "anomaly": ("auc", 0.88, 0.92, 319),
    "regression": ("r2", 0.42, 0.45, 111),
    "pictures": ("accuracy", 0.93, 0.96, 200),
}
"""What docs/examples.md says each scores, within a band, on how many inputs."""

NETWORKS = {name: next((EXAMPLES / name).glob("*.tflite")) for name in SCORES}


def _run(folder: Path, workspace: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return tinyml("run", "-C", str(workspace), "--json", *options, cwd=folder)


def _gates(folder: Path) -> dict[str, Any]:
    gates: dict[str, Any] = tomllib.loads((folder / "tinyml.toml").read_text())["gate"]
    return gates


@pytest.mark.emulator
@pytest.mark.parametrize("name", SCORES)
def test_it_is_proven_and_scores_what_is_told(name: str, tmp_path: Path) -> None:
    metric, low, high, inputs = SCORES[name]
    done = _run(EXAMPLES / name, tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["verdict"], said["bit_exact"], said["images"]) == ("proven", inputs, inputs)
    (scores,) = said["scores"].values()
    assert low <= scores[metric] <= high
    assert {each["name"]: each["met"] for each in said["gates"]} == dict.fromkeys(_gates(EXAMPLES / name), True)
    strength = said["strength"]
    assert strength["unseen_layers"] == []
    assert strength["seen"] >= 0.95 * strength["planted"] > 100
    page = Path(said["report"]).read_text(encoding="utf-8")
    assert "inputs a second" in page
    assert "before the first input was sent" in page  # it called every input an image
    assert "The test, one pixel" not in page


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("gate", "spoilt"), [("r2", "r2 = 0.9"), ("mae", "mae = 10"), ("instructions", "instructions = 100")]
)
def test_a_spoilt_gate_fails(gate: str, spoilt: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "regression", tmp_path / "project"))
    toml = (folder / "tinyml.toml").read_text()
    kept = next(line for line in toml.splitlines() if line.startswith(f"{gate} = "))
    (folder / "tinyml.toml").write_text(toml.replace(kept, spoilt))
    done = _run(folder, tmp_path / "workspace", "--no-strength", "--junit", str(tmp_path / "verdict.xml"))
    assert done.returncode == 4
    assert [each["name"] for each in json.loads(done.stdout)["gates"] if not each["met"]] == [gate]
    assert (tmp_path / "verdict.xml").read_text().count("<failure") == 1


@pytest.mark.parametrize("name", SCORES)
def test_its_gates_are_near_what_was_measured(name: str) -> None:
    """A gate that anything passes says nothing: one of a score, one of what it costs."""
    gates = _gates(EXAMPLES / name)
    metric, low, *_ = SCORES[name]
    assert low - 0.03 <= gates[metric] <= low + 0.01
    assert {"flash_bytes", "instructions"} <= set(gates)


def test_what_an_example_carries_is_small() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "examples"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    for name in (*SCORES, "keywords"):
        assert sum((ROOT / each).stat().st_size for each in tracked if each.startswith(f"examples/{name}/")) < 150_000


def _remade(name: str, tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLES / name / "data.py"))["write"](tmp_path)


def test_the_gestures_are_those_that_the_script_makes(tmp_path: Path) -> None:
    _remade("gestures", tmp_path)
    with np.load(EXAMPLES / "gestures" / "test.npz") as kept, np.load(tmp_path / "test.npz") as made:
        assert np.array_equal(kept["y"], made["y"])
        # A sine's last bit differs between C libraries, and may tip a rounding: by one step of the sensor.
        assert np.abs(kept["x"].astype(float) - made["x"]).max() <= 1 / 128
        assert np.mean(kept["x"] == made["x"]) > 0.999


def test_the_figures_are_those_of_the_package(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    _remade("anomaly", tmp_path)
    for each in ("x.npy", "y.npy"):
        assert np.allclose(np.load(EXAMPLES / "anomaly" / "test" / each), np.load(tmp_path / "test" / each), atol=2e-3)
    _remade("regression", tmp_path)
    kept, made = ((each / "test.csv").read_text() for each in (EXAMPLES / "regression", tmp_path))
    assert kept.splitlines()[0] == made.splitlines()[0]
    kept_rows, made_rows = (np.loadtxt(text.splitlines()[1:], delimiter=",") for text in (kept, made))
    assert np.allclose(kept_rows, made_rows, atol=2e-4)


def test_the_pictures_are_those_of_the_package(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    _remade("pictures", tmp_path)
    kept, made = (
        {path.relative_to(root): np.asarray(Image.open(path)) for path in sorted(root.rglob("*.png"))}
        for root in (EXAMPLES / "pictures", tmp_path)
    )
    assert kept.keys() == made.keys()
    assert all(np.array_equal(picture, made[name]) for name, picture in kept.items())


@pytest.mark.slow
@pytest.mark.parametrize("name", SCORES)
def test_its_network_can_be_trained_again(name: str, tmp_path: Path) -> None:
    """For an epoch: the script runs, and what it writes has the layers and ends of the one that is kept."""
    pytest.importorskip("sklearn")
    out = tmp_path / "net.tflite"
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name / "train.py"), "--epochs", "1", "--out", str(out)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    made, kept = (describe(path.read_bytes()).subgraphs[0] for path in (out, NETWORKS[name]))
    assert [each.kind for each in made.operators] == [each.kind for each in kept.operators]
    for ends in ("inputs", "outputs"):
        assert [made.tensors[each].shape for each in getattr(made, ends)] == [
            kept.tensors[each].shape for each in getattr(kept, ends)
        ]
