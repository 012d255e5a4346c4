"""The real firmware core behind a bad cable: every image is answered, and every answer is right."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.firmware import firmware
from tests.firmware.firmware import stub_output
from tests.link.board import ProcessBoard
from tests.link.faulty import Faults, FaultyTransport
from toolkit.errors import LinkError, StaleFirmwareError
from toolkit.link import Bounds, Client, Request, Transport

BOUNDS = Bounds(contact=10, ask=0.1, silence_min=0.1, silence_first=0.5, answer=10, stall=30, reopen=5)


def digits(count: int, seed: int = 1) -> list[Request]:
    """Images as MNIST's are: a background of zeros, some 150 bytes of ink in runs."""
    rng = random.Random(seed)
    requests = []
    for key in range(count):
        image = bytearray(784)
        for _ in range(15):
            at = rng.randrange(770)
            image[at : at + 10] = rng.randbytes(10)
        requests.append(Request(key, "tensor", bytes(image)))
    return requests


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware core with the stub engine, under the sanitizers."""
    return firmware.host(tmp_path_factory.mktemp("host"))


@pytest.fixture
def board(image: Path) -> Iterator[ProcessBoard]:
    """A board that runs it."""
    running = ProcessBoard(image)
    yield running
    running.switch_off()


def check(client: Client, requests: list[Request], each: Callable[[int], None] = lambda _: None) -> None:
    """Every request is answered once, and rightly."""
    outputs: dict[int, bytes] = {}
    for answer in client.stream(requests):
        assert answer.key not in outputs
        outputs[answer.key] = answer.output
        each(len(outputs))
    assert outputs == {request.key: stub_output(request.data) for request in requests}


def test_clean_cable(board: ProcessBoard) -> None:
    client = Client(lambda: board, BOUNDS)
    requests = digits(200)
    check(client, requests)
    stats = client.stats
    assert (stats.resent, stats.damaged, stats.timeouts, stats.resets, stats.reopened) == (0, 0, 0, 0, 0)
    assert stats.frames_sent == 201


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_bytes_and_resets(board: ProcessBoard, seed: int) -> None:
    """One byte in a hundred is damaged, both ways, and the board is reset three times."""
    cable = FaultyTransport(board, Faults.damaging(0.01), random.Random(seed))
    client = Client(lambda: cable, BOUNDS)
    requests = digits(120, seed)
    when = set(random.Random(seed).sample(range(10, 110), 3))

    def reset_sometimes(answered: int) -> None:
        if answered in when:
            board.reset()

    check(client, requests, reset_sometimes)
    assert cable.damaged_bytes / cable.passed_bytes == pytest.approx(0.01, rel=0.2)
    stats = client.stats
    assert board.resets == 3
    assert stats.resent > 120, "most frames of 200 bytes are hit"
    assert stats.damaged > 0


@pytest.mark.parametrize(
    "faults",
    [
        Faults(drop=0.002),
        Faults(flip=0.002),
        Faults(duplicate=0.002),
        Faults(insert=0.002),
        Faults(split=1.0),
        Faults(stall=0.05, stall_seconds=0.02),
        Faults(close=0.02),
    ],
    ids=["drop", "flip", "duplicate", "insert", "split", "stall", "close"],
)
def test_each_fault_alone(board: ProcessBoard, faults: Faults) -> None:
    rng = random.Random(3)
    client = Client(lambda: FaultyTransport(board, faults, rng), BOUNDS)
    check(client, digits(150))
    assert (client.stats.reopened > 0) == (faults.close > 0)


def test_resets_are_told_by_hello(board: ProcessBoard) -> None:
    client = Client(lambda: board, BOUNDS)
    check(client, digits(300), lambda answered: board.reset() if answered in (20, 100, 180) else None)
    assert client.stats.resets == 3
    assert client.stats.timeouts == 0, "an unasked HELLO needs no silence to be noticed"
    assert client.stats.resent < 120


def test_other_firmware_in_mid_run(board: ProcessBoard, tmp_path: Path) -> None:
    other = firmware.host(tmp_path, ["STUB_BUILD=0x99"], sanitize=False)
    client = Client(lambda: board, BOUNDS)
    with pytest.raises(StaleFirmwareError, match="another firmware"):
        check(client, digits(200), lambda answered: board.become(other) if answered == 20 else None)


def test_board_that_dies(board: ProcessBoard) -> None:
    bounds = Bounds(ask=0.1, silence_min=0.1, silence_first=0.3, answer=0.5, reopen=0.3)

    def open_port() -> Transport:
        if off:
            raise LinkError("/dev/ttyACM0 is not there")
        return board

    off: list[bool] = []

    def die(answered: int) -> None:
        if answered == 20:
            board.switch_off()
            off.append(True)

    with pytest.raises(LinkError, match=r"did not come back within .* is not there"):
        check(Client(open_port, bounds), digits(200), die)
