"""A firmware that is wrong in one bit of one output of 10,010 is found, named and shown."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.e2e.host_board import listening
from toolkit import reference
from toolkit.artifacts import Build
from toolkit.data import load_mnist

pytestmark = pytest.mark.emulator

INDEX = 6174
"""Of MNIST's test images: the one that is computed wrongly."""
BYTE = 7


def _spoil(project: Path, image: bytes) -> Path:
    """A copy of the firmware whose engine flips one bit when it sees exactly this input."""
    project = shutil.copytree(project, project.with_name("spoilt"), ignore=shutil.ignore_patterns("out"))
    engine = project / "src" / "engine" / "aot_engine.c"
    text = engine.read_text()
    plain = "  model_invoke();\n"
    assert text.count(plain) == 1
    numbers = ",".join(map(str, image))
    spoilt = (
        f"  static const uint8_t one[] = {{{numbers}}};\n"
        "  const int hit = memcmp(model_input(0), one, sizeof one) == 0;\n"
        f"{plain}"
        f"  if (hit) ((uint8_t *)(uintptr_t)model_output(0))[{BYTE}] ^= 1;\n"
    )
    engine.write_text("#include <string.h>\n" + text.replace(plain, spoilt))
    done = subprocess.run(["make"], cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return project / "out" / "firmware"


def test_one_bit_in_ten_thousand_images_is_found_and_shown(tmp_path: Path) -> None:
    assert tinyml("build", "--board", "host", cwd=tmp_path).returncode == 0
    folder = tmp_path / "build" / "host" / "proposed-int8-aot"
    tflite = Build.load(folder / "build.json").model_path.read_bytes()
    digit = reference.quantise(tflite, load_mnist("test").part(INDEX, INDEX + 1).real())
    host = bytearray(reference.expected_outputs(tflite, digit).tobytes())
    with listening(_spoil(folder / "project", np.ascontiguousarray(digit).view(np.uint8).tobytes())) as (port,):
        done = tinyml("verify", "--port", port, "--junit", "junit.xml", "--json", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    result = json.loads(done.stdout)
    assert (result["images"], result["answered"], result["bit_exact"]) == (10_010, 10_010, 10_009)
    assert result["proven"] is False
    assert result["max_difference"] == 1
    failed = [each for each in result["wrong"] if not each["exact"]]
    assert [(each["set"], each["index"]) for each in failed] == [("mnist", INDEX)]
    device = bytearray(host)
    device[BYTE] ^= 1
    assert (failed[0]["expected"], failed[0]["got"]) == (host.hex(), device.hex())
    mine, its = (int.from_bytes(each[BYTE : BYTE + 1], signed=True) for each in (host, device))
    assert f"mnist image {INDEX}, element {BYTE} of 10: host {mine}, device {its}" in done.stderr
    assert (result["verdict"], result["inputs"][:20]) == ("differs", "10,000 MNIST images,")
    report = (folder / "report.html").read_text()
    assert "1 output of 10,010 differs from the host" in report
    assert f"{INDEX:,}" in report
    assert device.hex() in (tmp_path / "junit.xml").read_text()
