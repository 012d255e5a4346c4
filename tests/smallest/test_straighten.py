"""Digits set upright: the firmware's C and its twin in NumPy, bit for bit, and a device that does it."""

from __future__ import annotations

import ctypes
import dataclasses
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from typer.testing import CliRunner

from tests.smallest.test_study import _samples
from toolkit import api, process, resources, workloads
from toolkit.artifacts import ElementType, Runtime, TensorSpec, Verdict
from toolkit.cli.main import app
from toolkit.data import straighten
from toolkit.errors import TinymlError
from toolkit.selection import Selection
from toolkit.smallest import data
from toolkit.smallest.recipe import RECIPE

Bytes = npt.NDArray[np.uint8]
SHAPE = (28, 28)
FLAGS = "-std=c99 -O2 -Wall -Wextra -Wconversion -Werror -fsanitize=undefined -fno-sanitize-recover -shared -fPIC"
DIGITS = resources.models() / "tiny-row" / "tiny-row_int8.tflite"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    program = tmp_path_factory.mktemp("straighten") / "straighten.so"
    source = resources.firmware() / "engine" / "straighten.c"
    process.run(["gcc", *FLAGS.split(), "-o", str(program), str(source)], timeout=60)
    return ctypes.CDLL(str(program))


def _by_c(library: ctypes.CDLL, pixels: Bytes) -> Bytes:
    tensor = (pixels ^ np.uint8(128)).view(np.int8).copy()
    library.engine_straighten(ctypes.c_void_p(tensor.ctypes.data))
    return tensor.view(np.uint8) ^ np.uint8(128)


def _line(slant: float) -> Bytes:
    """A line four pixels wide that goes so far to the right a row."""
    y, x = np.mgrid[:28, :28]
    return np.where((abs(x - 14 - slant * (y - 14)) < 2) & (abs(y - 14) < 8), 255, 0).astype(np.uint8)


@settings(max_examples=150, deadline=None)
@given(pixels=hnp.arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 0, 0, 1, 127, 128, 254, 255])))
def test_the_twin_has_the_firmwares_bytes(library: ctypes.CDLL, pixels: Bytes) -> None:
    np.testing.assert_array_equal(straighten.straightened(pixels[None])[0], _by_c(library, pixels))


@pytest.mark.parametrize("slant", [-2.0, -1.0, -0.4, 0.0, 0.3, 1.0, 3.0])
def test_lines_at_any_slant_and_real_digits(library: ctypes.CDLL, slant: float) -> None:
    pictures = [_line(slant), *_samples(20).values.reshape(-1, *SHAPE).astype(np.uint8)]
    for pixels in pictures:
        np.testing.assert_array_equal(straighten.straightened(pixels[None])[0], _by_c(library, pixels))


@pytest.mark.parametrize("slant", [-0.8, -0.3, 0.3, 0.8])
def test_a_line_that_leans_stands_upright_and_again_stays(slant: float) -> None:
    upright = straighten.straightened(_line(slant)[None])[0]
    centres = (upright * np.arange(28.0)).sum(axis=1)[8:20] / upright.sum(axis=1)[8:20]
    assert np.ptp(centres) < 1 < 11 * abs(slant)


def test_what_has_no_slant_stays() -> None:
    row = np.zeros(SHAPE, np.uint8)
    row[5, 3:20] = 200
    for pixels in (np.zeros(SHAPE, np.uint8), np.full(SHAPE, 255, np.uint8), row, _line(0.0)):
        np.testing.assert_array_equal(straighten.straightened(pixels[None])[0], pixels)


def test_the_study_sets_copies_upright_after_they_were_changed(tmp_path: Path) -> None:
    sets = data.split(_samples(), tmp_path, held_out=100)
    upright, recipe = sets.upright(), RECIPE
    np.testing.assert_array_equal(upright.copy(recipe, 2), straighten.straightened(sets.copy(recipe, 2)))
    np.testing.assert_array_equal(upright.held_out.pixels, straighten.straightened(sets.held_out.pixels))
    assert upright.upright() is upright


def test_a_device_that_sets_digits_upright_is_proven_and_its_layers_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = Selection(limit=40)
    found = api.run("host", str(DIGITS), selection=some, strength=False, workspace=tmp_path, upright=True)
    assert found.build.upright and found.verification.verdict is Verdict.PROVEN
    assert found.verification.trace is not None and not found.verification.trace.missing
    wanted = [work.expected for work in workloads.assemble(found.build, some).workloads]
    monkeypatch.setattr(workloads, "as_read", lambda _, rows: rows)
    leaning = [work.expected for work in workloads.assemble(found.build, some).workloads]
    assert not all(map(np.array_equal, wanted, leaning))  # a device that left them as they are would be seen


def test_the_command_line_and_the_project_file_ask_for_it(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(f'[model]\npath = "{DIGITS}"\nupright = true\n')
    asked = ["build", "--board", "host", "--project", str(tmp_path), "--json", "-C", str(tmp_path)]
    assert json.loads(CliRunner().invoke(app, asked).stdout)["upright"] is True
    refused = CliRunner().invoke(app, [*asked, "--upright", "--stream", "rows"])
    assert refused.exit_code == 1 and "whole pictures" in str(refused.exception)


def test_options_that_do_not_go_with_upright_digits(tmp_path: Path) -> None:
    with pytest.raises(TinymlError, match="whole pictures"):
        api.build("host", str(DIGITS), workspace=tmp_path, upright=True, stream="rows")
    with pytest.raises(TinymlError, match="whole pictures"):
        api.build("host", str(DIGITS), workspace=tmp_path, upright=True, runtime=Runtime.TFLM)


@pytest.mark.skipif(process.find("avr-gcc") is None, reason="no avr-gcc")
def test_it_compiles_where_an_int_has_16_bits(tmp_path: Path) -> None:
    """A sum of constants ran over there, which a PC's compiler does not see."""
    source = resources.firmware() / "engine" / "straighten.c"
    flags = ["-mmcu=atmega328p", "-std=c99", "-Os", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-c"]
    process.run(["avr-gcc", *flags, "-o", str(tmp_path / "s.o"), str(source)], timeout=60)


def test_what_is_no_digit_is_refused() -> None:
    digit = TensorSpec("input", (1, 28, 28, 1), ElementType.INT8, 1 / 255, -128)
    assert straighten.takes(digit)
    for other in ({"shape": (1, 28, 27, 1)}, {"dtype": ElementType.FLOAT32}, {"zero_point": 0}):
        assert not straighten.takes(dataclasses.replace(digit, **other))
