"""The generated project: self-contained, reproducible, and never over somebody else's folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit import project, resources
from toolkit.artifacts import DType, ModelFile, Runtime, sha256_of
from toolkit.errors import ProjectError
from toolkit.project import EngineFiles


def _model(folder: Path, content: bytes = b"not looked into") -> ModelFile:
    path = folder / "net.tflite"
    folder.mkdir(exist_ok=True)
    path.write_bytes(content)
    return ModelFile("net", path, DType.INT8, sha256_of(content), len(content))


def _generate(
    out: Path, model: ModelFile, *, board: str = "mps2-an386", optimise: str = "-O3", tool: str = "gcc 1"
) -> str:
    target = boards.load(board)
    files = EngineFiles(("aot_engine.c",), ("aot_memory.h",), {"model.c": "/* generated */\n"})
    made = project.generate(
        board=target,
        toolchain=target.toolchain[0],
        runtime=Runtime.AOT,
        model=model,
        files=files,
        optimise=optimise,
        tool_version=tool,
        out=out,
    )
    return made.build_id


def test_project_holds_all_that_it_includes(tmp_path: Path) -> None:
    model = _model(tmp_path)
    _generate(tmp_path / "out", model)
    root = tmp_path / "out"
    assert (root / "model" / "net.tflite").read_bytes() == model.path.read_bytes()
    names = {path.name for path in root.rglob("*") if path.is_file()}
    for source in [*root.rglob("*.c"), *root.rglob("*.h")]:
        for line in source.read_text().splitlines():
            if line.startswith('#include "') and "model.h" not in line:
                assert line.split('"')[1] in names, f"{source.name}: {line}"
    assert {path.name for path in (root / "src").iterdir()} == {"core", "cortexm", "engine", "kernels", "model", "port"}


def test_build_id_is_rendered_and_reproducible(tmp_path: Path) -> None:
    model = _model(tmp_path)
    first = _generate(tmp_path / "a", model)
    second = _generate(tmp_path / "b", model)
    assert first == second
    assert len(bytes.fromhex(first)) == 8
    rendered = (tmp_path / "a" / "src" / "model" / "build_info.c").read_text()
    assert ", ".join(f"0x{first[at : at + 2]}" for at in range(0, 16, 2)) in rendered
    assert ", ".join(f"0x{model.sha256[at : at + 2]}" for at in range(0, 64, 2)) in rendered


def test_build_id_tells_everything_apart_that_changes_the_image(tmp_path: Path) -> None:
    model = _model(tmp_path)
    base = _generate(tmp_path / "p", model)
    others = [
        _generate(tmp_path / "p", _model(tmp_path / "other", b"another network")),
        _generate(tmp_path / "p", model, optimise="-Os"),
        _generate(tmp_path / "p", model, tool="gcc 2"),
        _generate(tmp_path / "p", model, board="microbit"),
    ]
    assert len({base, *others}) == 5


def test_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(ProjectError, match="was not made by tinyml"):
        _generate(out, _model(tmp_path))
    assert (out / "thesis.txt").read_text() == "years of work"


def test_unwritable_place_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot write"):
        _generate(tmp_path / "file" / "out", _model(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "net.tflite"]


def test_templates_hold_no_logic_but_loops_and_choices_of_text() -> None:
    for path in resources.templates().rglob("*.j2"):
        if "report" in path.parts:
            continue
        text = path.read_text()
        for forbidden in ("{% set", "{% macro", "{% call", "{% import"):
            assert forbidden not in text, f"{path.name}: {forbidden}"


def test_sha256_of_is_sha256() -> None:
    assert sha256_of(b"abc") == hashlib.sha256(b"abc").hexdigest()
