"""The engine's logic on this computer, under the sanitizers, with a stand-in for the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tflm.models import shipped
from tests.tflm.tools import run
from toolkit import resources
from toolkit.runtimes.tflm import Library, prepare

HERE = Path(__file__).parent
STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Werror")


@pytest.mark.parametrize("profiles", [False, True], ids=["release library", "library that tells of its operators"])
def test_every_failure_is_told_apart_and_survived(profiles: bool, tmp_path: Path) -> None:
    """With a library that profiles, each layer is told of once, with the bytes of its own tensor."""
    prepared = prepare(shipped("int8"), Library("x", (), (), "0" * 64, profiles=profiles))
    for name, text in prepared.generated.items():
        (tmp_path / name).write_text(text)
    engine = resources.firmware() / "engine"
    run("gcc", "-c", "tflm_model.c", "-o", "tflm_model.o", cwd=tmp_path)
    includes = [f"-I{folder}" for folder in (tmp_path, engine, HERE / "fake")]
    options = ("-std=c++14", "-fno-exceptions", "-fno-rtti", "-g", "-fsanitize=address,undefined", *STRICT)
    sources = (HERE / "engine_test.cc", engine / "tflm_engine.cc", "tflm_model.o")
    run("g++", *options, "-fno-sanitize-recover=all", *includes, *sources, "-o", "engine_test", cwd=tmp_path)
    run(tmp_path / "engine_test")
