"""The fault test of `make soak` at a reduced count, interruption included; and that it would notice a loss."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.e2e import soak
from toolkit.artifacts import Build
from toolkit.verify import Workload

pytestmark = pytest.mark.emulator

LIMIT = 790


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, tuple[Workload, ...]]:
    """The firmware and what it must answer."""
    return soak.prepare(tmp_path_factory.mktemp("soak"), LIMIT)


@pytest.mark.parametrize("interrupt", [False, True], ids=["in one go", "resumed"])
def test_no_image_is_lost_or_wrong(
    prepared: tuple[Build, tuple[Workload, ...]], tmp_path: Path, *, interrupt: bool
) -> None:
    outcome = soak.soak(*prepared, 7, tmp_path / "journal.jsonl", interrupt=interrupt)
    assert outcome.good, outcome
    assert outcome.images == LIMIT + 10
    assert outcome.resumed == ((LIMIT + 10) // 2 if interrupt else 0)
    assert outcome.resent > outcome.images, "most frames are hit"
    assert outcome.damaged_bytes > 5_000


def test_wrong_output_is_not_good(prepared: tuple[Build, tuple[Workload, ...]], tmp_path: Path) -> None:
    build, work = prepared
    expected = work[0].expected.copy()
    expected[123, 4] ^= 1
    spoilt = (dataclasses.replace(work[0], expected=expected), *work[1:])
    outcome = soak.soak(build, spoilt, 8, tmp_path / "journal.jsonl", interrupt=False)
    assert (outcome.images, outcome.bit_exact) == (LIMIT + 10, LIMIT + 9)
    assert not outcome.good
