"""The corpus and a bounded run of libFuzzer on the firmware core; and that the target finds what is planted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.fuzz import core
from toolkit import resources

SECONDS = 10


@pytest.fixture(scope="module", autouse=True)
def able() -> None:
    """Skips where there is no libFuzzer, saying why."""
    if reason := core.why_not():
        pytest.skip(reason)


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """For what the fuzzer finds."""
    folder = tmp_path / "found"
    folder.mkdir()
    return folder


def test_bounded_run(tmp_path: Path, found: Path) -> None:
    target = core.build(tmp_path / "core")
    done = core.run(target, found, SECONDS, core.CORPUS)
    assert done.returncode == 0, done.stderr[-4000:]
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    assert executed is not None
    assert int(executed[1]) > len(list(core.CORPUS.iterdir())) > 50


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("receiver.c", "if (times > room) {", "if (times > room + 1) {"),
        ("receiver.c", "receiver->tail != WIRE_CRC_BYTES", "receiver->tail < WIRE_CRC_BYTES"),
        ("receiver.c", "receiver->crc != CRC32_RESIDUE ||", ""),
        ("frame.c", "if (run == COBS_MAX_RUN) return run;", "if (run == COBS_MAX_RUN - 1) return run;"),
        ("cobs.h", "decoder->zero = byte <= COBS_MAX_RUN;", "decoder->zero = true;"),
        ("packbits.h", "return (uint8_t)(byte - 127u);", "return (uint8_t)(byte - 126u);"),
        ("app.c", "traced += ticks;", "traced = ticks;"),
        ("app.c", "from_first < wire_get_u16", "from_first <= wire_get_u16"),
        ("app.c", "if (at < sizeof bytes)", "if (at < 60)"),
        ("app.c", "start_seq = receiver.seq;", "start_seq = 0;"),
    ],
)
def test_corpus_finds_what_is_planted(tmp_path: Path, found: Path, file: str, right: str, wrong: str) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(resources.firmware() / "core", broken)
    text = (broken / file).read_text()
    assert right in text, "the code has changed: plant another fault"
    (broken / file).write_text(text.replace(right, wrong))
    done = core.run(core.build(tmp_path / "core", broken), found, 0, core.CORPUS)
    assert done.returncode != 0
    assert "ERROR: AddressSanitizer" in done.stderr or "core: an answer" in done.stderr, done.stderr[-2000:]
