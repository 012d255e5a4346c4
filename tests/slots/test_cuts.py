"""An update may be cut at any moment: what runs then is one whole proven network."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.slots.boards import START, missing
from tests.slots.cuts import BUILT_IN, FIRST, SECOND, Bench
from toolkit import api, resources

HERE = Path(__file__).parent
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Wno-clobbered")


def _driver(place: Path, edit: tuple[str, str] = ("", "")) -> subprocess.CompletedProcess[str]:
    """cuts.c with slots.c, perhaps spoilt."""
    firmware = resources.firmware()
    text = (firmware / "engine" / "slots.c").read_text()
    assert edit[0] in text
    (place / "slots.c").write_text(text.replace(*edit))
    includes = [f"-I{each}" for each in (HERE, firmware / "engine", firmware / "core")]
    sources = [str(HERE / "cuts.c"), str(place / "slots.c"), str(firmware / "core" / "crc32.c")]
    strict = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
    subprocess.run(["gcc", *strict, *SANITIZED, *includes, *sources, "-o", str(place / "cuts")], check=True)
    return subprocess.run([str(place / "cuts")], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
def test_power_may_go_at_every_word_and_in_the_middle_of_it(tmp_path: Path) -> None:
    """On flash whose erasures and words may be done in part: 3,108 cuts."""
    done = _driver(tmp_path)
    assert (done.returncode, done.stdout) == (0, "3108 cuts, 3 of them after the last word\n"), done.stderr


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
@pytest.mark.parametrize(
    "edit",
    [
        ("header->proven == SLOT_PROVEN && header->sequence", "header->sequence"),
        ("if (slot == kept || slot == running) return SLOT_IN_USE;", "(void)slot;"),
        ("header->sequence > sequence_of_kept() && is_whole(slot)", "is_whole(slot)"),
    ],
    ids=["unproven", "over-what-runs", "the-older"],
)
def test_the_driver_notices_a_fault(tmp_path: Path, edit: tuple[str, str]) -> None:
    assert _driver(tmp_path, edit).returncode == 1


@pytest.mark.emulator
@pytest.mark.parametrize("board", ["nano33", "mps2-an386"])
def test_a_board_that_is_cut_runs_what_was_proven(board: str, tmp_path: Path) -> None:
    """A few blocks of two updates, the trial and the last word; by hand every block: tests/slots/cuts.py."""
    if missing(board):
        pytest.skip(missing(board))
    if board == "nano33":
        pytest.importorskip("unicorn")
    build = api.build(board, BUILT_IN, slots=True, workspace=tmp_path)
    bench = Bench(START[board](build, tmp_path / "run"), build, tmp_path)
    try:
        assert bench.cut_everywhere(FIRST, BUILT_IN, 1, 1, (0, 1, 17, 48)) == 6
        assert bench.cut_everywhere(SECOND, FIRST, 2, 2, (1,)) == 3
    finally:
        bench.board.stop()
