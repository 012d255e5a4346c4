"""An autoencoder's first difference was told as 2,560 hex digits on each side: now by its element, wherever it is."""

from __future__ import annotations

import dataclasses
import io
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
from rich.console import Console

from tests.link.device import HELLO
from tests.report import samples
from toolkit.artifacts import DType, LinkStats, Verification
from toolkit.link.client import Answer
from toolkit.report import html, junit, outputs, terminal
from toolkit.verify import Workload
from toolkit.verify.judge import judge

SIZE = 640
WORDS = samples.WORDS["random"]


def judged(place: int, dtype: DType) -> Verification:
    """Three inputs of a network of 640 outputs; the second differs in two elements from `place` on."""
    kind = np.dtype("<f4") if dtype is DType.FLOAT32 else np.dtype(np.int8)
    expected: npt.NDArray[Any] = (np.arange(3 * SIZE).reshape(3, SIZE) % 97).astype(kind)
    got = expected.copy()
    got[1, place : place + 2] += 5
    work = Workload(
        "random", np.zeros((3, 16), np.uint8), "tensor", expected.view(np.uint8).reshape(3, -1), words=WORDS
    )
    answers = {key: Answer(key, row.tobytes(), 5) for key, row in enumerate(got)}
    build = dataclasses.replace(samples.build(), dtype=dtype)
    return judge(build, [work], answers, HELLO, LinkStats(), reference="x", seconds=1.0, asked=3)


@pytest.mark.parametrize("dtype", list(DType))
@pytest.mark.parametrize("place", [0, 3, 300, 638])
def test_the_element_is_named(place: int, dtype: DType) -> None:
    result = judged(place, dtype)
    host = (SIZE + place) % 97
    assert str(result.first_difference) == (
        f"made-up input 1, element {place} of 640: host {host}, device {host + 5}; 1 more differs"
    )


@pytest.mark.parametrize("place", [0, 300, 638])
def test_every_form_shows_the_place_and_not_all_bytes(place: int) -> None:
    result = judged(place, DType.FLOAT32)
    out = io.StringIO()
    terminal.render(Console(file=out, width=80), result, None)
    assert len(out.getvalue()) < 4000
    assert "2,560" not in out.getvalue()
    failure = ElementTree.fromstring(junit.render(result)).find(".//testcase[@name='made-up input 1']/failure")  # noqa: S314
    assert failure is not None
    assert len(failure.text or "") < 500
    page = html.render(result, dataclasses.replace(samples.build(), dtype=DType.FLOAT32, outputs=()))
    assert f"<td>{place}</td>" in page
    assert max(map(len, page[page.index("What failed") :].split(">"))) < 400


def test_a_sound_part_of_a_long_output_is_left_out() -> None:
    mine, other = "00" * 1000, "00" * 500 + "01" + "00" * 499
    assert outputs.shown(mine, other).startswith("(484 bytes) 00")
    assert outputs.shown(mine, other).endswith("(452 more bytes)")
    assert [run.differs for run in outputs.compare(mine, other)] == [False, False, True, False, False]
    assert outputs.shown("0a0b", "0a0c") == "0a0b"


def test_an_output_of_another_size_is_told_by_its_size() -> None:
    work = Workload("random", np.zeros((1, 16), np.uint8), "tensor", np.zeros((1, SIZE), np.uint8), words=WORDS)
    answers = {0: Answer(0, bytes(12), 5)}
    result = judge(samples.build(), [work], answers, HELLO, LinkStats(), reference="x", seconds=1.0, asked=1)
    assert str(result.first_difference) == "made-up input 0: the device sent 12 bytes, the host has 640"
