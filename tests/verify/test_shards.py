"""Several boards share a run: every input is answered once, whatever becomes of a board."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping
from functools import partial

import numpy as np
import pytest

from tests.link import device as fake
from tests.link.device import HELLO, PythonDevice, output_of
from tests.link.test_client import QUICK, PatientHandlerTransport
from tests.report import samples
from toolkit.artifacts import Build, ElementType, LinkStats, TensorSpec
from toolkit.errors import LinkError, StaleFirmwareError
from toolkit.link import Client, Request
from toolkit.link.messages import Message
from toolkit.verify import Workload, verify
from toolkit.verify.journal import Journal, run_id
from toolkit.verify.shards import Shards

COUNT = 300
REQUESTS = [Request(key, "tensor", key.to_bytes(4, "little") * 4) for key in range(COUNT)]
EXPECTED = {request.key: output_of(request.data) for request in REQUESTS}


class PacedTransport(PatientHandlerTransport):
    """Takes its time for each write, so that no board does all the work before the others have begun."""

    def write(self, data: bytes) -> None:
        """See Transport."""
        time.sleep(0.002)
        super().write(data)


def clients_of(devices: Mapping[str, PythonDevice]) -> dict[str, Client]:
    """Clients of Python devices, with short bounds."""
    transports = {port: PacedTransport(device) for port, device in devices.items()}
    return {port: Client(partial(transports.__getitem__, port), QUICK) for port in devices}


def shards_of(devices: Mapping[str, PythonDevice]) -> Shards:
    """Boards that are Python devices."""
    return Shards(clients_of(devices))


def run(shards: Shards) -> dict[int, bytes]:
    """Key -> output; no answer comes twice."""
    outputs: dict[int, bytes] = {}
    for answer in shards.stream(REQUESTS):
        assert answer.key not in outputs
        outputs[answer.key] = answer.output
    return outputs


def falls_silent(after: int) -> PythonDevice:
    """Answers so many requests, then says nothing any more."""
    device = PythonDevice()

    def answer(_: Message, plain: bytes) -> bytes:
        if len(device.requests) > after:
            device.hello = lambda _: b""
            return b""
        return plain

    device.answer = answer
    return device


def test_boards_share_the_work() -> None:
    devices = {"A": PythonDevice(), "B": PythonDevice(), "C": PythonDevice()}
    shards = shards_of(devices)
    assert run(shards) == EXPECTED
    assert all(0 < share.answered < COUNT and share.lost is None for share in shards.shares)
    assert sum(share.answered for share in shards.shares) == COUNT
    assert sum(len(device.requests) for device in devices.values()) == COUNT, "none was asked twice"
    assert shards.stats.frames_sent == sum(share.link.frames_sent for share in shards.shares) > COUNT


def test_what_a_dead_board_leaves_goes_to_the_others() -> None:
    shards = shards_of({"A": falls_silent(after=20), "B": PythonDevice()})
    assert run(shards) == EXPECTED
    lost, whole = shards.shares
    assert lost.lost is not None
    assert "silent" in lost.lost
    assert (lost.answered, whole.answered) == (20, COUNT - 20)
    assert whole.lost is None
    assert len(shards.alive) == 1


def test_boards_that_die_one_after_the_other() -> None:
    shards = shards_of({"A": falls_silent(after=20), "B": falls_silent(after=90)})
    with pytest.raises(LinkError, match=r"no board is left; [AB]: the device has been silent for .* last heard: "):
        run(shards)
    assert sum(share.answered for share in shards.shares) == 110


def test_other_firmware_on_one_board_ends_the_run_and_names_it() -> None:
    other = dataclasses.replace(HELLO, unasked=True, build_id="22" * 8)
    device = PythonDevice()
    device.answer = lambda _, plain: fake.hello(0, other) if len(device.requests) > 30 else plain
    with pytest.raises(StaleFirmwareError, match="B: the device began to run another firmware"):
        run(shards_of({"A": PythonDevice(), "B": device}))


def test_no_thread_outlives_its_run() -> None:
    answers = shards_of({"A": PythonDevice(), "B": PythonDevice()}).stream(REQUESTS)
    next(answers)
    assert any(thread.name.startswith("verify ") for thread in threading.enumerate())
    answers.close()  # type: ignore[attr-defined]  # what an interruption does
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("verify ") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _build() -> Build:
    """What the Python devices say that they run."""
    return dataclasses.replace(
        samples.build(),
        board=HELLO.board,
        build_id=HELLO.build_id,
        model_sha256=HELLO.model_sha256,
        inputs=(TensorSpec("x", (1, HELLO.input_bytes), ElementType.INT8, 1.0, 0),),
        outputs=(TensorSpec("y", (1, HELLO.output_bytes), ElementType.INT8, 1.0, 0),),
    )


def _work() -> Workload:
    inputs = np.frombuffer(b"".join(request.data for request in REQUESTS), np.uint8).reshape(COUNT, 16)
    return Workload("random", inputs, "tensor", np.ascontiguousarray(inputs[:, 3::-1]))


class Quiet:
    """No progress is shown."""

    def __call__(self, done: int, total: int, exact: int, resent: int) -> None:
        """See verify.Progress."""


@pytest.fixture
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    """Of the run below."""
    return Journal(tmp_path_factory.mktemp("journal") / "journal.jsonl", run_id(_build(), [_work()]), resume=False)


def test_merged_proof_tells_each_boards_share(journal: Journal) -> None:
    devices = {"A": falls_silent(after=40), "B": PythonDevice()}
    clients = clients_of(devices)
    with journal:
        result = verify(_build(), [_work()], clients, reference="none", journal=journal, progress=Quiet())
    assert result.proven
    assert result.answered == result.bit_exact == COUNT
    first, second = result.devices
    assert (first.port, first.answered, second.port, second.answered) == ("A", 40, "B", COUNT - 40)
    assert first.lost
    assert vars(result.link) == {
        name: getattr(first.link, name) + getattr(second.link, name) for name in vars(LinkStats())
    }


def test_every_board_must_run_the_build(journal: Journal) -> None:
    other = dataclasses.replace(HELLO, build_id="33" * 8)
    stale = PythonDevice(hello=lambda message: fake.hello(message.seq, other))
    clients = clients_of({"A": PythonDevice(), "B": stale})
    with journal, pytest.raises(StaleFirmwareError, match="another build"):
        verify(_build(), [_work()], clients, reference="none", journal=journal, progress=Quiet())
    assert not stale.requests
