"""The core on emulated boards, with the stub engine: what it answers, what it counts, and what a crash does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.firmware import firmware
from tests.firmware.firmware import stub_output
from toolkit import board as boards
from toolkit import emulate
from toolkit.emulate import qemu
from toolkit.emulate.base import stop_process
from toolkit.errors import LinkError
from toolkit.link import Client, Request, TickUnit, open_transport

pytestmark = pytest.mark.emulator
Boot = Callable[..., Client]


ARM = ["b-l475e-iot01a", "mps2-an505", "mps2-an386", "mps3-an547", "microbit", "microbit-v1", "nucleo-f446re"]
RISCV_TOOLS = ("riscv64-unknown-elf-gcc", "qemu-system-riscv32")
NEEDS_RISCV = pytest.mark.skipif(not all(map(shutil.which, RISCV_TOOLS)), reason=f"needs {' and '.join(RISCV_TOOLS)}")
VIRT, SIFIVE_E = (pytest.param(name, marks=NEEDS_RISCV) for name in ("riscv-virt", "sifive-e"))
BOARDS = [*ARM, VIRT, SIFIVE_E]
OF_EACH_START_UP = ["mps2-an386", "mps3-an547", "microbit", VIRT]


@pytest.fixture
def boot(tmp_path: Path) -> Iterator[Boot]:
    """Boots firmware on a board and gives a client of it; ends all when the test ends."""
    pids: list[int] = []
    clients: list[Client] = []

    def start(board_id: str, defines: Sequence[str] = ()) -> Client:
        folder = tmp_path / str(len(pids))
        folder.mkdir()
        image = firmware.bare(folder, board_id, defines)
        board = boards.load(board_id)
        assert board.emulator is not None
        since = getattr(board.emulator.settings, "since", None)
        if since is not None and not qemu.knows(since):
            pytest.skip(f"{board_id} needs QEMU {since}, and this is {qemu.version()}")
        device = emulate.load(board.emulator.name).start(board, image, folder / "log")
        assert device.pid is not None
        pids.append(device.pid)
        clients.append(Client(lambda: open_transport(device.port)))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for pid in pids:
        stop_process(pid, None)


def images(count: int, size: int = 784) -> list[Request]:
    """Images with a background."""
    return [
        Request(key, "tensor", bytes(600) + bytes((7 * key + n) % 251 + 1 for n in range(size - 600)))
        for key in range(count)
    ]


@pytest.mark.parametrize("board_id", BOARDS)
def test_answers_and_counts_instructions(boot: Boot, board_id: str) -> None:
    """Ticks are instructions, one by one: of two engines that differ by a loop of known length, to the last.

    The engine runs as long for every input, so that all of them must take the same, also where the bytes of the next
    input come during an inference: the interrupts that receive them are no part of it.
    """
    counts = []
    for turns in (101_003, 201_003):  # neither fits an immediate: the loop's start is as long for both
        client = boot(board_id, [f"STUB_SPIN={turns}"])
        requests = images(30)
        one_by_one = [answer for request in requests for answer in client.stream([request])]
        together = list(client.stream(requests))
        for answers in (one_by_one, together):
            assert {a.key: a.output for a in answers} == {r.key: stub_output(r.data) for r in requests}
        assert client.hello().tick_unit is TickUnit.INSTRUCTIONS
        assert (client.stats.resent, client.stats.damaged, client.stats.timeouts, client.stats.resets) == (0, 0, 0, 0)
        counts.append({answer.ticks for answer in one_by_one + together})
    assert [len(seen) for seen in counts] == [1, 1]
    assert counts[1].pop() - counts[0].pop() == 2 * 100_000


@pytest.mark.parametrize("board_id", OF_EACH_START_UP)
def test_measures_its_stack(boot: Boot, board_id: str) -> None:
    used = []
    for depth in (464, 864):
        client = boot(board_id, [f"STUB_STACK={depth}"])
        before = client.hello().stack_bytes
        list(client.stream(images(3)))
        used.append(client.hello().stack_bytes)
        assert 0 < before < used[-1] < boards.load(board_id).memory.stack
    # An interrupt at the deepest place adds its own, or does not.
    assert used[1] - used[0] == pytest.approx(400, abs=120)


@pytest.mark.parametrize("board_id", OF_EACH_START_UP)
def test_crash_is_reported_with_its_image(boot: Boot, board_id: str) -> None:
    client = boot(board_id, ["STUB_POISON=0x5A", "STUB_CRASH=1"])
    requests = images(6)
    requests[3] = Request(3, "tensor", b"\x5a" + requests[3].data[1:])
    answered = []
    with pytest.raises(LinkError, match="started anew 8 times without one answer between, mostly at request 3"):
        answered += [answer.key for answer in client.stream(requests)]
    assert client.stats.resets >= 8


def test_large_output(boot: Boot) -> None:
    """More bytes than any buffer of the core: the frame is encoded as it is sent."""
    client = boot("mps2-an386", ["STUB_OUTPUT_BYTES=3000"])
    requests = images(4)
    assert {a.key: a.output for a in client.stream(requests)} == {r.key: stub_output(r.data, 3000) for r in requests}
