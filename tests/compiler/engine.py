"""Builds compiled models for the host, under ASan and UBSan, and runs them beside the official interpreter."""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tflite_micro.python.tflite_micro import runtime

from toolkit import resources
from toolkit.artifacts import CompiledModel, ElementType

FLAGS = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffp-contract=off", "-fno-math-errno")
SANITISERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")

_MAIN = """
#include <stdio.h>
#include "engine.h"
int main(void) {
  const engine_info_t *info = engine_info();
  if (engine_init() != ENGINE_OK) return 2;
  for (;;) {
    for (uint32_t row = 0; info->row_bytes && row < info->ends[0].bytes / info->row_bytes; ++row) {
      if (!row) engine_begin();
      if (fread(engine_input(0), 1, info->row_bytes, stdin) != info->row_bytes) return 0;
      if (engine_push(NULL) != ENGINE_OK) return 6;
    }
    for (uint8_t i = 0; !info->row_bytes && i < info->inputs; ++i) {
      const uint32_t bytes = info->ends[i].bytes;
      if (fread(engine_input(i), 1, bytes, stdin) != bytes) return 0;
    }
    if (engine_invoke() != ENGINE_OK) return 3;
    for (uint8_t i = 0; i < info->outputs; ++i) {
      const uint32_t bytes = info->ends[info->inputs + i].bytes;
      if (fwrite(engine_output(i), 1, bytes, stdout) != bytes) return 4;
    }
  }
}
"""


@functools.cache
def _workshop() -> Path:
    """A folder with engine.h, every kernel, and their objects, made once a run."""
    folder = Path(tempfile.mkdtemp(prefix="aot-kernels-"))
    for path in resources.kernels().values():
        shutil.copy(path, folder)
    for name in ("engine.h", "aot_engine.c"):
        shutil.copy(resources.firmware() / "engine" / name, folder)
    (folder / "main.c").write_text(_MAIN)
    return folder


@functools.cache
def _object(name: str) -> Path:
    source = _workshop() / name
    target = source.with_suffix(".o")
    _gcc("-c", str(source), "-o", str(target), folder=_workshop())
    return target


def _gcc(*arguments: str, folder: Path) -> None:
    done = subprocess.run(
        [shutil.which("gcc") or "gcc", *FLAGS, *SANITISERS, "-I", str(folder), "-I", str(_workshop()), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def build(model: CompiledModel) -> Path:
    """The program that reads inputs from stdin and writes outputs to stdout."""
    digest = hashlib.sha256(repr(sorted(model.sources.items())).encode()).hexdigest()[:16]
    folder = _workshop() / digest
    program = folder / "model"
    if program.exists():
        return program
    folder.mkdir()
    for name, text in model.sources.items():
        (folder / name).write_text(text)
    objects = [str(_object(name)) for name in model.kernels if name.endswith(".c")]
    sources = [str(folder / name) for name in model.sources if name.endswith(".c")]
    places = [str(_workshop() / "main.c"), str(_workshop() / "aot_engine.c")]
    _gcc(*places, *sources, *objects, "-lm", "-o", str(program), folder=folder)
    return program


def run(model: CompiledModel, inputs: NDArray[Any]) -> NDArray[Any]:
    """Outputs [n, ...] for inputs [n, ...] on the host build; a sanitiser's finding fails the test."""
    done = subprocess.run([str(build(model))], input=inputs.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return np.frombuffer(done.stdout, model.outputs[0].numpy).reshape(len(inputs), *model.outputs[0].shape)


def run_rows(model: CompiledModel, rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same for a network with several ends: rows of input bytes to rows of output bytes, [n, bytes] each."""
    done = subprocess.run([str(build(model))], input=rows.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return np.frombuffer(done.stdout, np.uint8).reshape(len(rows), -1)


def reference(tflite: bytes, inputs: NDArray[Any]) -> NDArray[Any]:
    """The same from TensorFlow Lite Micro's own interpreter."""
    interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=4 << 20)
    outputs = []
    for one in inputs:
        interpreter.set_input(one, 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0).copy())
    return np.stack(outputs)


def random_inputs(model: CompiledModel, count: int, seed: int) -> NDArray[Any]:
    """Inputs that span the element type: all of int8, or floats between -4 and 4."""
    rng = np.random.default_rng(seed)
    shape = (count, *model.inputs[0].shape)
    if model.inputs[0].dtype is ElementType.INT8:
        return rng.integers(-128, 128, shape, dtype=np.int8)
    return rng.uniform(-4, 4, shape).astype(np.float32)
