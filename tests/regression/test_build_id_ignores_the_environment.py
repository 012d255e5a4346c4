"""OPTIMISE=-O0, EXTRA_CFLAGS, MAKEFLAGS and the like changed the image, and the build id stayed the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.arduino.tools import FakeTools
from tests.regression.workspace import build_of, tinyml
from toolkit import board as boards
from toolkit.build import arduino_cli, environment, gnu_make, platformio
from toolkit.errors import BuildError

LEAKS = {
    "OPTIMISE": "-O0",
    "EXTRA_CFLAGS": "-DEXTRA",
    "WERROR": "",
    "CFLAGS": "-O0",
    "CC": "false",
    "PREFIX": "/nonexistent/",
    "CPATH": "/nonexistent",
    "C_INCLUDE_PATH": "/nonexistent",
    "LIBRARY_PATH": "/nonexistent",
    "COMPILER_PATH": "/nonexistent",
    "GCC_EXEC_PREFIX": "/nonexistent/",
    "MAKEFLAGS": "-e",
    "MAKEFILES": "/nonexistent.mk",
    "GNUMAKEFLAGS": "-n",
    "PLATFORMIO_BUILD_FLAGS": "-O0",
    "PLATFORMIO_BUILD_UNFLAGS": "-O3",
}


def test_nothing_that_changes_an_image_is_passed_on() -> None:
    given = LEAKS | {"PATH": "/bin", "HOME": "/home/me", "https_proxy": "x", "TFLM_DIR": "/tflm"}
    assert environment.clean(given) == {
        "PATH": "/bin", "HOME": "/home/me", "https_proxy": "x", "TFLM_DIR": "/tflm", "LC_ALL": "C",
    }  # fmt: skip


@pytest.mark.parametrize("board", ["host", "mps2-an386"])
def test_the_same_image_whatever_the_environment(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: str
) -> None:
    if board == "host":
        plain = build_of(built)
    else:
        tinyml("build", "-b", board, folder=tmp_path / "plain")
        plain = build_of(tmp_path / "plain", board)
    for name, value in LEAKS.items():
        monkeypatch.setenv(name, value)
    tinyml("build", "-b", board, folder=tmp_path / "leaking")
    leaking = build_of(tmp_path / "leaking", board)
    assert (leaking.build_id, leaking.image_sha256) == (plain.build_id, plain.image_sha256)


@pytest.mark.parametrize("name", ["arduino-cli", "pio"])
def test_arduino_tools_get_no_more_of_it(
    tools: FakeTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    note = tmp_path / "env.json"
    tools.add(name, f"import os; pathlib.Path({str(note)!r}).write_text(json.dumps(dict(os.environ)))")
    monkeypatch.setenv("PATH", tools.path)
    for leak, value in LEAKS.items():
        monkeypatch.setenv(leak, value)
    uno = boards.load("uno")
    builder = {"arduino-cli": arduino_cli, "pio": platformio}[name]
    with pytest.raises(BuildError, match="left no"):
        builder.build(tmp_path / "sketch", uno, uno.toolchains(builder.__name__.rpartition(".")[2], None)[0])
    seen = json.loads(note.read_text())
    assert not set(LEAKS) & set(seen)
    assert seen["PATH"] == os.environ["PATH"]


def test_two_images_never_have_one_build_id(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that says the same of itself and compiles otherwise."""
    wrapper = tmp_path / "bin" / "gcc"
    wrapper.parent.mkdir()
    real = next(p for p in map(Path, os.environ["PATH"].split(os.pathsep)) if (p / "gcc").exists()) / "gcc"
    wrapper.write_text(f'#!/bin/sh\ncase "$*" in *--version*) exec {real} "$@";; *) exec {real} "$@" -O1;; esac\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    tinyml("build", "-b", "host", folder=tmp_path)
    plain, other = build_of(built), build_of(tmp_path)
    assert plain.tools == other.tools
    assert plain.image_sha256 != other.image_sha256
    assert plain.build_id != other.build_id
    assert bytes.fromhex(other.build_id) in other.image.read_bytes(), "the image says its own build id"


def test_make_is_told_nothing_by_hand_either(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without -e, not even a `make` in the project takes options from the environment."""
    makefile = (build_of(built).project / "Makefile").read_text()
    assert "?=" not in makefile
    assert gnu_make.command(Path("p"))[0] == "make"
