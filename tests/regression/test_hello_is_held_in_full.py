"""A device of another type or board was PROVEN, and one of another size cost two minutes of waiting."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest

from tests.link import device as fake
from tests.link.device import HELLO, PythonDevice
from tests.link.test_client import QUICK
from tests.regression.workspace import build_of, tinyml
from tests.verify.test_shards import Quiet, _build, _work, clients_of
from toolkit.artifacts import Verification
from toolkit.errors import LinkError, StaleFirmwareError
from toolkit.link import Client
from toolkit.link.messages import ElementCode, End, Hello
from toolkit.verify import verify
from toolkit.verify.journal import Journal, run_id

INT8 = ElementCode.INT8


def ask(device: PythonDevice, folder: Path, **other: Any) -> Verification:
    """Verify a Python device against the build that it should run; `other` changes the build."""
    build = dataclasses.replace(_build(), **other)
    with Journal(folder / "journal.jsonl", run_id(build, [_work()]), resume=False) as journal:
        return verify(build, [_work()], clients_of({"A": device}), reference="", journal=journal, progress=Quiet())


def saying(**other: Any) -> PythonDevice:
    """A device that says something else of itself."""
    said: Hello = dataclasses.replace(HELLO, **other)
    return PythonDevice(hello=lambda message: fake.hello(message.seq, said))


def test_the_right_one_is_proven(tmp_path: Path) -> None:
    assert ask(PythonDevice(), tmp_path).proven


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"board": "nano33"}, "its board is nano33, not python"),
        ({"runtime": "tflm"}, "its runtime is tflm, not aot"),
        ({"inputs": (End(16, ElementCode.UINT8),)}, "its input has 16 bytes of uint8, not 16 bytes of int8"),
        ({"inputs": (End(17, INT8),)}, "its input has 17 bytes of int8, not 16 bytes of int8"),
        ({"outputs": (End(5, INT8),)}, "its output has 5 bytes of int8, not 4 bytes of int8"),
        ({"inputs": (End(15, INT8), End(1, INT8))}, "it has 2 inputs, not 1"),
        ({"build_id": "33" * 8}, "another build"),
        ({"model_sha256": "33" * 32}, "another model"),
        ({"version": 1}, "version 1 of the wire"),
    ],
)
def test_any_other_word_is_refused_before_the_first_input(tmp_path: Path, other: dict[str, Any], said: str) -> None:
    device = saying(**other)
    started = time.monotonic()
    with pytest.raises(LinkError, match=said):
        ask(device, tmp_path)
    assert time.monotonic() - started < 5
    assert not device.requests


def test_sizes_are_held_against_what_will_be_sent_too(tmp_path: Path) -> None:
    """Even of a build whose record does not tell them."""
    device = saying(outputs=(End(5, INT8),))
    with pytest.raises(StaleFirmwareError, match="its output has 5 bytes, not 4"):
        ask(device, tmp_path, inputs=(), outputs=())
    assert not device.requests


def test_answers_of_another_size_end_the_run_at_once(tmp_path: Path) -> None:
    device = PythonDevice(answer=lambda message, _: fake.result(message.seq, b"12345"))
    started = time.monotonic()
    with pytest.raises(LinkError, match=r"with 5 bytes; it says that its outputs have 4"):
        ask(device, tmp_path)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "other", [{"outputs": (End(5, INT8),)}, {"board": "x"}, {"outputs": (End(4, ElementCode.UINT8),)}]
)
def test_a_device_that_says_otherwise_later(other: dict[str, Any]) -> None:
    said = [HELLO, dataclasses.replace(HELLO, **other)]
    device = PythonDevice(hello=lambda message: fake.hello(message.seq, said.pop(0)))
    client: Client = clients_of({"A": device})["A"]
    client.hello()
    with pytest.raises(StaleFirmwareError, match="the same build id as before"):
        client.hello()
    assert QUICK.contact < 5


def test_a_build_for_the_interpreter_knows_its_ends_too(tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro")
    tinyml("build", "-b", "host", "--runtime", "tflm", folder=tmp_path)
    build = build_of(tmp_path)
    (given,), (taken,) = build.inputs, build.outputs
    assert (given.shape, given.dtype, given.size_bytes) == ((1, 28, 28, 1), "int8", 784)
    assert (taken.size_bytes, taken.scale) == (10, 1 / 256)
