"""A trace of layers behind some that stream took a pointer past the end of its table, and then went back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.compiler.engine import FLAGS, SANITISERS
from toolkit import models, resources
from toolkit.artifacts import DType
from toolkit.compiler import compile_model

MAIN = """
#include <stdio.h>
#include "model.h"
static uint16_t last;
static void watch(uint16_t layer, const uint8_t *bytes, uint32_t size, uint32_t whole) {
  (void)bytes, (void)size, (void)whole;
  last = layer;
}
int main(void) {
  model_trace(watch);
  return last == MODEL_LAYERS - 1 ? 0 : 1;
}
"""


@pytest.mark.skipif(shutil.which("clang") is None, reason="no clang, whose sanitiser sees where a pointer goes")
def test_every_layer_is_told_of_without_a_finding(tmp_path: Path) -> None:
    tflite = models.resolve("smallest", DType.INT8, tmp_path).read()
    model = compile_model(tflite, isa="native", fpu=True, stream="on")
    assert 1 < model.streamed < len(model.layers)  # past the end, not just behind it
    for name, text in {**model.sources, "main.c": MAIN}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    kernels = [str(resources.kernels()[name]) for name in model.kernels if name.endswith(".c")]
    places = [f"-I{folder}" for folder in (tmp_path, *resources.kernel_folders())]
    program = tmp_path / "program"
    sources = [str(tmp_path / "main.c"), str(tmp_path / "model.c"), *kernels]
    subprocess.run(["clang", *FLAGS, *SANITISERS, *places, *sources, "-lm", "-o", str(program)], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
