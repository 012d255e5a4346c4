"""Instructions of an inference on this computer: Valgrind's callgrind counts them, call by call."""

from __future__ import annotations

import re
import statistics
import subprocess
from pathlib import Path

import numpy as np

from toolkit import process, reference
from toolkit.artifacts import Build
from toolkit.data import load_mnist
from toolkit.tflite.ends import ends_of

_DRIVER = """\
#include <stdio.h>
#include "engine.h"

int main(void) {
  const engine_info_t *info = engine_info();
  if (engine_init() != ENGINE_OK) return 2;
  for (;;) {
    for (uint8_t i = 0; i < info->inputs; ++i) {
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


def instructions(built: Build, images: int) -> int | None:
    """The median over MNIST's first `images` test images; None without Valgrind.

    The objects are those of the firmware that was verified, behind a main() that reads inputs from a file, and the
    outputs are held against the interpreter's once more.

    Raises:
        SystemExit: an output differs.
    """
    if process.find("valgrind") is None:
        return None
    folder = built.project / "out" / "count"
    folder.mkdir(exist_ok=True)
    (folder / "driver.c").write_text(_DRIVER, encoding="utf-8")
    parts = (built.project / f"out/src/{part}" for part in ("engine", "kernels", "model"))
    # What HELLO says of the build is the core's, which is left out.
    objects = [path for part in parts for path in part.glob("*.o") if path.name != "build_info.o"]
    argv = ["gcc", "-O1", f"-I{built.project / 'src/engine'}", str(folder / "driver.c"), *map(str, sorted(objects))]
    subprocess.run([*argv, "-lm", "-o", str(folder / "driver")], check=True)
    tflite = built.model_path.read_bytes()
    samples = load_mnist("test").first(images)
    inputs = reference.quantise(tflite, samples.values, samples.scaling)
    counts, outputs = count_calls(folder / "driver", inputs.tobytes())
    expected = reference.expected_outputs(tflite, inputs)
    dtype = ends_of(tflite).output.numpy
    if not np.allclose(np.frombuffer(outputs, dtype), expected.reshape(-1).view(dtype), rtol=0, atol=_tolerance(dtype)):
        raise SystemExit(f"host {built.model} {built.dtype}: the counted program's outputs are not the interpreter's")
    return round(statistics.median(counts))


def _tolerance(dtype: np.dtype[np.int8] | np.dtype[np.float32]) -> float:
    return 0.0 if dtype == np.int8 else 1e-5


def count_calls(driver: Path, stdin: bytes) -> tuple[list[int], bytes]:
    """Instructions within each call of engine_invoke(), and what the program wrote."""
    profile = driver.with_suffix(".callgrind")
    argv = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}", "--combine-dumps=yes"]
    argv += ["--toggle-collect=engine_invoke", "--dump-after=engine_invoke", str(driver)]
    done = subprocess.run(argv, input=stdin, capture_output=True, check=True)
    return parse(profile.read_text(encoding="utf-8", errors="replace")), done.stdout


def parse(profile: str) -> list[int]:
    """The totals of a callgrind file's parts; the last, which ends with the program, holds no call."""
    parts = re.findall(r"^desc: Trigger: --dump-after=.*?^totals: (\d+)", profile, re.MULTILINE | re.DOTALL)
    return [int(total) for total in parts]
