"""A firmware with a whole layer's output zeroed was PROVEN: the network's outputs are saturated, and the inputs
did not reach its layers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cli.tinyml import tinyml
from tests.e2e.host_board import listening
from tests.strength.networks import mean_softmax, side_branch
from toolkit import compiler
from toolkit.compiler.compile import dissect
from toolkit.strength import library as libraries
from toolkit.strength.measure import Asked, measured
from toolkit.strength.search import reaching
from toolkit.tflite.ends import dtype_of, ends_of, join

SHARED = Path(__file__).parents[3] / "shared"
CASES = [
    ("cases/saturated_96x96.tflite", 1),
    ("foreign/mltk__image_example1__7a9623.tflite", 2),
    ("foreign/mltk__keyword_spotting_pacman_v3__5aaf1e.tflite", 2),
]


def zeroed(project: Path, tflite: bytes, layer: int) -> Path:
    """A copy of the firmware that overwrites a layer's output with zeros."""
    project = shutil.copytree(project, project.with_name("zeroed"), ignore=shutil.ignore_patterns("out"))
    source = project / "src" / "model" / "model.c"
    anatomy = dissect(tflite, isa="native", fpu=True, optimise="speed")
    output = anatomy.calls[layer].output
    text = source.read_text()
    assert anatomy.compiled.sources["model.c"].split("/* All tensors")[1] in text
    zeroes = f"  memset(arena.bytes + {anatomy.offsets[output]}, 0, {anatomy.graph.tensors[output].bytes});\n"
    spoilt, found = re.subn(
        rf"(void layer{layer}\(void\) \{{\n.*?)^\}}", rf"\1{zeroes}}}", text, flags=re.DOTALL | re.MULTILINE
    )
    assert found == 1
    source.write_text("#include <string.h>\n" + spoilt)
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


def _noise(tflite: bytes) -> tuple[npt.NDArray[Any], ...]:
    """Data that no layer is reached by: noise over all values, as was made up before."""
    spec = ends_of(tflite).inputs[0]
    return (np.random.default_rng(707).integers(-128, 128, (40, *spec.sample)).astype(spec.numpy),)


@pytest.mark.emulator
def test_made_up_inputs_reach_it(tmp_path: Path) -> None:
    model = tmp_path / "mean.tflite"
    model.write_bytes(mean_softmax())
    assert _verdict(tmp_path, model, 0) == "differs"


@pytest.mark.emulator
def test_data_that_do_not_reach_it_are_weak(tmp_path: Path) -> None:
    model = tmp_path / "mean.tflite"
    model.write_bytes(mean_softmax())
    np.save(tmp_path / "noise.npy", _noise(model.read_bytes())[0])
    assert _verdict(tmp_path, model, 0, "--data", "noise.npy", "--trace", "0") == "weak"


@pytest.mark.emulator
def test_its_trace_shows_it_on_data_that_do_not_reach_it(tmp_path: Path) -> None:
    model = tmp_path / "mean.tflite"
    model.write_bytes(mean_softmax())
    np.save(tmp_path / "noise.npy", _noise(model.read_bytes())[0])
    assert _verdict(tmp_path, model, 0, "--data", "noise.npy") == "differs"


@pytest.mark.emulator
def test_a_network_that_only_tflm_takes(tmp_path: Path) -> None:
    """Its strength was not measured: with many an output that differed, it was proven."""
    tflite = side_branch()
    (tmp_path / "side.tflite").write_bytes(tflite)
    np.save(tmp_path / "noise.npy", _noise(tflite)[0])
    asked = ("--board", "host", "--model", "side.tflite", "--runtime", "tflm", "--json")
    done = tinyml("run", *asked, "--data", "noise.npy", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    result = json.loads(done.stdout)
    assert result["distinct_outputs"] > 20
    assert (result["verdict"], result["strength"]["how"]) == ("weak", "interpreter")
    assert [name.split(",")[0] for name in result["strength"]["unseen_layers"]] == [
        "layer 1 (FULLY_CONNECTED", "layer 2 (ELU",
    ]  # fmt: skip
    done = tinyml("run", *asked, "--limit", "40", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["strength"]["how"] == "interpreter"


@pytest.mark.parametrize(("name", "layer"), CASES)
def test_the_networks_that_were_proven(name: str, layer: int) -> None:
    """What was sent to them is called weak today, and what is made up today shows that layer zeroed."""
    model = SHARED / name
    if not model.is_file():
        pytest.skip("the shared networks are not beside this checkout")
    tflite = model.read_bytes()
    specs = ends_of(tflite).inputs
    with libraries.built(compiler.changeable(tflite)) as library:
        for values, is_weak in ((_noise(tflite), True), (reaching(library, specs, 40, 1e9).values, False)):
            inputs = join(specs, values)
            asked = Asked(inputs, library.outputs(inputs), best_first=True)
            strength = measured(library, asked, specs, faults=100, work=1e9)
            assert strength.weak == is_weak
            assert bool(strength.unseen_layers) == is_weak
            assert is_weak or strength.layers[layer].zeroed
