"""The device had answered everything and was unplugged: the verdict of the whole run was lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.link import device as fake
from tests.link.device import HELLO, PythonDevice
from tests.verify.test_shards import COUNT, Quiet, _build, _work, clients_of
from toolkit.artifacts import Verification
from toolkit.errors import StaleFirmwareError
from toolkit.link.messages import Message
from toolkit.verify import Journal, run_id, verify


def _leaves_at_the_end(share: int) -> PythonDevice:
    device = PythonDevice()

    def answer(_: Message, plain: bytes) -> bytes:
        if len(device.requests) == share:
            device.hello = lambda _: b""
        return plain

    device.answer = answer
    return device


def _run(tmp_path: Path, devices: dict[str, PythonDevice]) -> Verification:
    with Journal(tmp_path / "journal.jsonl", run_id(_build(), [_work()]), resume=False) as journal:
        clients = clients_of(devices)
        return verify(_build(), [_work()], clients, reference="none", journal=journal, progress=Quiet())


def test_the_verdict_stands_and_the_stack_is_not_known(tmp_path: Path) -> None:
    result = _run(tmp_path, {"A": _leaves_at_the_end(COUNT)})
    assert result.proven and result.answered == COUNT
    assert result.device.build_id == HELLO.build_id
    assert result.device.stack_bytes == 0, "what it was at the start says nothing of the run"


def test_another_firmware_at_the_end_is_still_refused(tmp_path: Path) -> None:
    device = _leaves_at_the_end(10**9)
    other = dataclasses.replace(HELLO, build_id="44" * 8)

    def answer(_: Message, plain: bytes) -> bytes:
        if len(device.requests) == COUNT:
            device.hello = lambda message: fake.hello(message.seq, other)
        return plain

    device.answer = answer
    with pytest.raises(StaleFirmwareError):
        _run(tmp_path, {"A": device})
