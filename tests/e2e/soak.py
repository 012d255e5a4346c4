"""A bad cable, three resets and an interruption, from the real client to the real firmware: `make soak`.

The firmware is the host board's build of the shipped model: the very core and compiled network that a microcontroller
gets. Every image must be answered and every output must equal the host's; what was suffered is written down, a seed
a line.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.cli.tinyml import tinyml
from tests.link.board import ProcessBoard
from tests.link.faulty import Faults, FaultyTransport
from toolkit import reference
from toolkit.artifacts import Build, Verification
from toolkit.link import Bounds, Client
from toolkit.selection import Selection
from toolkit.verify import Journal, Workload, run_id, verify
from toolkit.workloads import assemble

DAMAGED_SHARE = 0.01
"""Of all bytes, both ways."""
RESETS = 3
SEEDS = (1, 2, 3, 4, 5)
INTERRUPTED_SEED = 3
"""In this one the host is stopped half-way, and goes on from its journal."""
BOUNDS = Bounds(ask=0.1, silence_min=0.05)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one seed came to: a line of soak.json.

    Attributes:
        images: that were to be asked; answered, bit_exact: of them.
        damaged_bytes: dropped, flipped, doubled and inserted by the cable.
        resent: frames sent again.
        resets: of the board, as the client counted them.
        resumed: answers that the journal kept over the interruption; 0 where there was none.
    """

    seed: int
    images: int
    answered: int
    bit_exact: int
    damaged_bytes: int
    resent: int
    resets: int
    resumed: int

    @property
    def good(self) -> bool:
        """Every image is answered and exact, and every reset was noticed."""
        return self.images == self.answered == self.bit_exact and self.resets == RESETS


class Trouble:
    """Told of every answer; resets the board at some, and interrupts the host at one."""

    def __init__(self, reset: Callable[[], None], resets_at: set[int], interrupt_at: int | None) -> None:
        self._reset = reset
        self._resets_at = resets_at
        self._interrupt_at = interrupt_at

    def __call__(self, done: int, total: int, exact: int, resent: int) -> None:  # noqa: ARG002
        """See verify.Progress."""
        if done in self._resets_at:
            self._resets_at.remove(done)
            self._reset()
        if done == self._interrupt_at:
            self._interrupt_at = None
            raise KeyboardInterrupt


@contextlib.contextmanager
def powered(image: Path) -> Iterator[ProcessBoard]:
    """A board that runs it."""
    board = ProcessBoard(image)
    try:
        yield board
    finally:
        board.switch_off()


def soak(build: Build, work: Sequence[Workload], seed: int, journal_path: Path, *, interrupt: bool) -> Outcome:
    """Verify over a cable that damages one byte in a hundred, with three resets, and perhaps an interruption."""
    rng = random.Random(seed)
    images = sum(len(each.inputs) for each in work)
    with powered(build.image) as board:
        cable = FaultyTransport(board, Faults.damaging(DAMAGED_SHARE), rng)
        # Some way apart: of two resets within a few milliseconds nobody could tell that they were two.
        places = [rng.randrange(images * part // 8, images * (part + 1) // 8) for part in range(1, 2 * RESETS, 2)]
        trouble = Trouble(board.reset, set(places), images // 2 if interrupt else None)
        clients: list[Client] = []
        resumed = 0

        def attempt(*, resume: bool) -> Verification:
            nonlocal resumed
            client = Client(lambda: cable, BOUNDS)
            clients.append(client)
            with Journal(journal_path, run_id(build, work), resume=resume) as journal:
                resumed = len(journal.answers)
                return verify(build, work, {"cable": client}, reference="none", journal=journal, progress=trouble)

        try:
            result = attempt(resume=False)
        except KeyboardInterrupt:
            result = attempt(resume=True)
        assert board.resets == RESETS
        stats = [client.stats for client in clients]
        # A frame for every image that had no answer yet, and for every one sent again; the rest were questions.
        assert sum(each.frames_sent - each.resent for each in stats) >= images
        return Outcome(
            seed,
            result.asked,
            result.answered,
            result.bit_exact,
            cable.damaged_bytes,
            sum(each.resent for each in stats),
            sum(each.resets for each in stats),
            resumed,
        )


def prepare(folder: Path, limit: int | None) -> tuple[Build, tuple[Workload, ...]]:
    """Build the host's firmware in a workspace, and compute what it must answer."""
    done = tinyml("build", "--board", "host", cwd=folder)
    assert done.returncode == 0, done.stderr
    build = Build.load(folder / "build" / "host" / "proposed-int8-aot" / "build.json")
    return build, assemble(build, Selection(limit)).workloads


def main() -> int:
    """All seeds in full; 1 if one image is missing or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/soak.json"))
    parser.add_argument("--limit", type=int, help="only the first N images of MNIST")
    arguments = parser.parse_args()
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build, work = prepare(folder, arguments.limit)
        by = reference.describe(build.read_model())
        print(f"{build.model} {build.dtype}, build {build.build_id}; expected outputs by {by}")
        for seed in SEEDS:
            started = time.monotonic()
            outcome = soak(build, work, seed, folder / "journal.jsonl", interrupt=seed == INTERRUPTED_SEED)
            outcomes.append(outcome)
            print(f"{time.monotonic() - started:.0f} s, {'good' if outcome.good else 'FAILED'}: {outcome}", flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps([dataclasses.asdict(each) for each in outcomes], indent=2) + "\n")
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
