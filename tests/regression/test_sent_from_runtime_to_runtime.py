"""aot listed 36 operators and did not name tflm, which had the one; tflm named aot, which refused as well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tflite import files
from toolkit import board as boards
from toolkit import models
from toolkit.artifacts import DType, Runtime
from toolkit.errors import ModelError
from toolkit.runtimes import engines


def refused(tmp_path: Path, runtime: Runtime, data: bytes, dtype: DType, board: str = "host") -> ModelError:
    path = tmp_path / "net.tflite"
    path.write_bytes(data)
    target = boards.load(board)
    model = models.resolve(str(path), dtype, tmp_path)
    with pytest.raises(ModelError) as caught:
        engines.prepare(target, target.toolchains(None, runtime)[0], runtime, model, "speed", "auto")
    return caught.value


def test_aot_names_tflm_which_has_the_operator(tmp_path: Path) -> None:
    error = refused(tmp_path, Runtime.AOT, files.unary("RELU", "ELU", "ELU"), DType.INT8)
    assert "operator ELU is not supported by aot" in error.message
    assert error.hint.startswith("build it with --runtime tflm, which takes it")


def test_tflm_names_aot_which_has_the_operator(tmp_path: Path) -> None:
    error = refused(tmp_path, Runtime.TFLM, files.unary("EXP"), DType.INT8)
    assert "no int8 kernel" in error.message
    assert error.hint.startswith("build it with --runtime aot, which takes it")


@pytest.mark.parametrize("runtime", Runtime)
def test_neither_sends_to_the_other_that_refuses_as_well(tmp_path: Path, runtime: Runtime) -> None:
    error = refused(tmp_path, runtime, files.unary("ATAN2", "GELU", "RELU"), DType.INT8)
    assert "build it with --runtime" not in error.hint
    assert "refuses it too: " in error.hint
    for kind in ("ATAN2", "GELU"):
        assert kind in error.message


def test_a_board_without_the_other_runtime(tmp_path: Path) -> None:
    error = refused(tmp_path, Runtime.AOT, files.unary("ELU"), DType.INT8, "uno")
    assert re.search("Uno.* has no --runtime tflm", error.hint)


def test_all_obstacles_are_named_not_the_first(tmp_path: Path) -> None:
    error = refused(tmp_path, Runtime.AOT, files.unary("ELU", "LOG", "SIN", dtype="float32"), DType.FLOAT32)
    assert "operators ELU, LOG, SIN are not supported by aot" in error.message


def test_operators_are_named_beside_ends_that_are_refused(tmp_path: Path) -> None:
    from tests.compiler.graphs import Graph

    g = Graph()
    source, output = g.tensor((1, 4), "int8", 0.1), g.tensor((1, 4), "int8", 0.1)
    for index in (source, output):
        files.retype(g, index, "INT64")
    g.operator("ELU", [source], [output])
    path = tmp_path / "net.tflite"
    path.write_bytes(g.file(source, output))
    host = boards.load("host")
    with pytest.raises(ModelError, match=r"int64 inputs and outputs.*operator ELU is not supported by aot"):
        engines.resolve(host.toolchains(None, Runtime.AOT)[0], Runtime.AOT, str(path), DType.INT8, tmp_path)


def test_shape_arithmetic_that_nothing_depends_on_is_no_obstacle() -> None:
    """aot takes shapes from the file: SHAPE, PACK ... are said to be missing only where something needs them."""
    from toolkit.compiler import missing_operators

    assert missing_operators(files.rows()) == ()
