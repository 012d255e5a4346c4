"""Cuts an update of an emulated board at every block, and looks what runs afterwards.

By hand, every cut: python -m tests.slots.cuts nano33 mps2-an386
docs/export.md has what came of it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tests.slots.boards import START, Cuttable
from toolkit import api, models, reference
from toolkit import board as boards
from toolkit.artifacts import Build, DType, ModelFile
from toolkit.link import framing, messages
from toolkit.link.client import Client, Request
from toolkit.link.messages import MessageType
from toolkit.link.slot_messages import SLOT_BLOCK, SlotCommand, slot_write
from toolkit.link.transport import open_transport
from toolkit.steps import update
from toolkit.tflite.ends import ends_of

BUILT_IN, FIRST, SECOND = "cnn-2-2", "cnn-8-8", "dropout"
"""The last two have the kernels of the first; one after the other they are put into its slots."""


@dataclass(frozen=True)
class Bench:
    """A board, its firmware, and networks for it."""

    board: Cuttable
    build: Build
    place: Path

    def client(self) -> Client:
        """A new connection."""
        return Client(partial(open_transport, self.board.port, 115_200))

    def image(self, name: str, slot: int, sequence: int) -> bytes:
        """A network for a slot."""
        board = boards.load(self.build.board)
        ready = update.prepare(board, self.build, model(name))
        return update.image(board, self.build, ready, slot, sequence, self.place / "update")

    @property
    def each(self) -> int:
        """Bytes of a slot."""
        assert self.build.slots is not None
        return self.build.slots.each

    def send(self, slot: int, made: bytes, blocks: int) -> None:
        """Send the first `blocks` of an image, and of the next one half a frame."""
        client = self.client()
        update.send(client, self.each, slot, made[: blocks * SLOT_BLOCK])
        client.close()
        rest = made[blocks * SLOT_BLOCK :]
        if rest:
            payload = slot_write((slot - 1) * self.each + blocks * SLOT_BLOCK, rest[:SLOT_BLOCK])
            frame = framing.encode(messages.body(MessageType.SLOT_WRITE, 7, payload))
            port = open_transport(self.board.port, 115_200)
            port.write(frame[: len(frame) // 2])
            port.close()

    def do(self, *commands: tuple[SlotCommand, int]) -> None:
        """Ask for these, one after the other."""
        client = self.client()
        for command, slot in commands:
            update.check(client.slot_do(command, slot))
        client.close()

    def runs(self) -> str:
        """Which of the networks runs, and that it is whole: it computes three inputs as the interpreter does."""
        client = self.client()
        try:
            hello = client.hello()
            name = next(name for name in (BUILT_IN, FIRST, SECOND) if model(name).sha256 == hello.model_sha256)
            tflite = model(name).read()
            rows = np.random.default_rng(5).integers(-128, 128, (3, *ends_of(tflite).input.sample), np.int8)
            due = reference.expected_outputs(tflite, rows)
            asked = [Request(at, "tensor", row.tobytes()) for at, row in enumerate(rows)]
            for answer in client.stream(asked):
                assert answer.output == due[answer.key].tobytes(), f"{name} runs, and is not whole"
        finally:
            client.close()
        return name

    def cut_everywhere(self, name: str, old: str, slot: int, sequence: int, blocks: Iterable[int]) -> int:
        """Cut an update after each of these counts of blocks, and while it is on trial; then let it through.

        Returns:
            How many cuts there were; after all but the last `old` runs.
        """
        made = self.image(name, slot, sequence)
        count = 0
        for number in blocks:
            self.send(slot, made, number)
            self.board.cut()
            assert self.runs() == old, f"cut after {number} blocks"
            count += 1
        self.send(slot, made, len(made))
        self.do((SlotCommand.TRY, slot))
        assert self.runs() == name
        self.board.cut()
        assert self.runs() == old, "cut while it was on trial"
        self.do((SlotCommand.TRY, slot), (SlotCommand.KEEP, 0))
        self.board.cut()
        assert self.runs() == name, "cut after it was kept"
        return count + 2


def model(name: str) -> ModelFile:
    """A network of the zoo."""
    return models.resolve(name, DType.INT8, Path())


def every(made: bytes) -> Iterator[int]:
    """After 0 blocks, after 1 ... after all of them."""
    yield from range(-(-len(made) // SLOT_BLOCK) + 1)


def main() -> int:
    """Every cut on these boards, of an update of what was built in and of one that was updated before."""
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            place, started, cuts = Path(folder), time.monotonic(), 0
            build = api.build(name, BUILT_IN, slots=True, workspace=place)
            bench = Bench(START[name](build, place / "run"), build, place)
            try:
                for number, (new, old) in enumerate(((FIRST, BUILT_IN), (SECOND, FIRST), (FIRST, SECOND)), 1):
                    slot = 2 - number % 2
                    blocks = every(bench.image(new, slot, number))
                    cuts += bench.cut_everywhere(new, old, slot, number, blocks)
                    print(f"{name}: {new} over {old} into slot {slot}: {cuts} cuts so far", flush=True)
            finally:
                bench.board.stop()
            print(f"{name}: {cuts} cuts, always one whole proven network; {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
