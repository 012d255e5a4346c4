"""An export whose input comes row by row: never whole in RAM, the same outputs, and the same self-test."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.export.programs import code, compiled, selftest, written
from tests.export.targets import TARGETS, Target, build, proof, run
from toolkit import models, reference, taken_home
from toolkit.artifacts import DType
from toolkit.export import rows
from toolkit.tflite.ends import ends_of

SANITIZED = ("-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def _arenas(export: Path) -> list[int]:
    header = next((export / "include").glob("*.h")).read_text(encoding="utf-8")
    return [int(each) for each in re.findall(r"_ARENA_BYTES (\d+)u", header)]


def test_rows_that_are_pushed_give_what_the_host_gives(by_row: Path, tmp_path: Path) -> None:
    """In less RAM than a picture takes; with garbage in the arena before each input; then by rows_run_f32()."""
    assert max(_arenas(by_row)) < 28 * 28
    tflite = models.resolve("proposed", DType.INT8, tmp_path).read()
    io = ends_of(tflite)
    given = rows(io.inputs, 7, 3).view(np.int8).reshape(3, *io.input.sample)
    due = reference.expected_outputs(tflite, given).astype(np.int8)
    listed = ", ".join(map(str, given.ravel()))
    main = """
#include <stdio.h>
#include <string.h>
#include "rows.h"
static const int8_t in[3 * ROWS_INPUT_ELEMENTS] = {VALUES};
static uint32_t arena[ROWS_ARENA_BYTES / 4u];
int main(void) {
  static float real[ROWS_IN_ELEMENTS], out[ROWS_OUT_ELEMENTS];
  if (rows_init(arena, sizeof arena)) return 1;
  for (unsigned i = 0; i < 3; ++i) {
    memset(arena, 0xA5, sizeof arena);
    if (rows_start()) return 2;
    for (unsigned row = 0; row < ROWS_ROWS; ++row) {
      memcpy(rows_row(), in + i * ROWS_INPUT_ELEMENTS + row * ROWS_ROW_ELEMENTS, ROWS_ROW_ELEMENTS);
      if (rows_push()) return 3;
    }
    if (rows_run()) return 4;
    for (unsigned k = 0; k < ROWS_OUTPUT_ELEMENTS; ++k) printf("%d ", rows_output()[k]);
  }
  for (unsigned k = 0; k < ROWS_IN_ELEMENTS; ++k) {
    real[k] = ROWS_INPUT_SCALE * (float)(in[2 * ROWS_INPUT_ELEMENTS + k] - ROWS_INPUT_ZERO_POINT);
  }
  if (rows_run_f32(real, out)) return 5;
  for (unsigned k = 0; k < ROWS_OUTPUT_ELEMENTS; ++k) {
    if (out[k] != rows_dequantise(rows_output()[k])) return 6;
    printf("%d ", rows_output()[k]);
  }
  return 0;
}
""".replace("VALUES", listed)
    program = compiled([by_row], main, tmp_path, flags=SANITIZED)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = np.array(done.stdout.split(), np.int8).reshape(4, -1)
    assert np.array_equal(said, np.concatenate([due, due[2:]]).reshape(4, -1))


def test_rows_out_of_turn_are_refused(by_row: Path, tmp_path: Path) -> None:
    main = """
#include <string.h>
#include "rows.h"
int main(void) {
  if (rows_start() != ROWS_NO_ARENA || rows_push() != ROWS_NO_ARENA || rows_run() != ROWS_NO_ARENA) return 1;
  if (rows_row() != NULL || rows_selftest() != ROWS_NO_ARENA || rows_selftest_layer() != -2) return 2;
  if (rows_begin()) return 3;
  if (rows_row() != NULL || rows_push() != ROWS_OTHER_ROWS || rows_run() != ROWS_OTHER_ROWS) return 4;
  if (rows_start()) return 5;
  for (unsigned row = 0; row < ROWS_ROWS; ++row) {
    if (rows_run() != ROWS_OTHER_ROWS) return 6;
    memset(rows_row(), 1, ROWS_ROW_ELEMENTS);
    if (rows_push()) return 7;
  }
  if (rows_row() != NULL || rows_push() != ROWS_OTHER_ROWS) return 8;
  if (rows_run() || rows_run() != ROWS_OTHER_ROWS) return 9;
  if (rows_selftest() || rows_selftest_layer() != -1) return 10;
  return 0;
}
"""
    assert code(compiled([by_row], main, tmp_path, flags=SANITIZED)) == 0


def test_a_damaged_row_kernel_is_named(by_row: Path, tmp_path: Path) -> None:
    """A layer that runs row by row is found by selftest_layer() as others are."""
    source = by_row / "src" / "rows_portable.c"
    sound = source.read_text(encoding="utf-8")
    found = re.search(r"layer1_weights\[\d+\] AOT_CONST = \{\s+(-?\d+),", sound)
    assert found is not None
    damaged = sound[: found.start(1)] + str(int(found[1]) ^ -128) + sound[found.end(1) :]
    layer = '#include "rows.h"\nint main(void) { return rows_begin() ? 99 : rows_selftest_layer(); }\n'
    try:
        source.write_text(damaged, encoding="utf-8")
        assert code(compiled([by_row], selftest("rows"), tmp_path / "a")) == 1
        assert code(compiled([by_row], layer, tmp_path / "b")) == 1
    finally:
        source.write_text(sound, encoding="utf-8")


def test_layers_stream_over_an_input_that_lies_whole(tmp_path: Path) -> None:
    """On: layers stream, the input lies whole. Traced layer by layer, too."""
    for stream in ("on", "off"):
        taken_home.export(
            ("tiny-row",), "folder", tmp_path / stream, names=("rows",), stream=stream, workspace=tmp_path
        )
        main = selftest("rows").replace("rows_selftest()", "(rows_selftest() || rows_selftest_layer() != -1)")
        assert code(compiled([tmp_path / stream], main, tmp_path / f"{stream}-made", flags=SANITIZED)) == 0


def test_the_sketch_and_the_page_speak_of_rows(tmp_path: Path) -> None:
    made = taken_home.export(("half",), "folder", tmp_path / "g", names=("half",), stream="rows", workspace=tmp_path)
    place = written(made, "arduino", tmp_path / "arduino")
    sketch = (place / "examples" / "Values" / "Values.ino").read_text(encoding="utf-8")
    assert "half_start();" in sketch and "half_push();" in sketch and "half_input" not in sketch
    assert "half_row" in (place / "keywords.txt").read_text(encoding="utf-8")
    assert "half_push()" in (place / "README.md").read_text(encoding="utf-8")


def test_a_network_that_needs_all_of_its_input_is_refused(tmp_path: Path) -> None:
    done = tinyml("export", "--model", "diabetes", "--stream", "rows", "--out", str(tmp_path / "g"))
    assert done.returncode != 0
    assert not (tmp_path / "g").exists()
    done = tinyml("export", "--model", "proposed", "--stream", "sideways", "--out", str(tmp_path / "g"))
    assert "--stream is 'sideways'" in done.stderr


@pytest.mark.emulator
@pytest.mark.parametrize("target", [each for each in TARGETS if each.machine], ids=lambda each: each.name)
def test_rows_on_every_core(by_row: Path, tmp_path: Path, target: Target) -> None:
    if target.missing:
        pytest.skip(f"no {target.missing}")
    assert run(target, build(target, by_row, proof("rows"), tmp_path), 60) == 0
