"""The Python codec and the C core meet the same vectors, and the C header is what the definitions generate."""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.firmware import firmware
from tests.firmware.talk import Driver
from toolkit import resources
from toolkit.link import framing, header, packbits
from toolkit.link.messages import Hello

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "wire.json").read_text())


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The core's parts."""
    running = Driver(firmware.driver(tmp_path_factory.mktemp("driver")))
    yield running
    running.close()


def test_header_is_generated() -> None:
    committed = (resources.firmware() / "core" / "wire.h").read_text()
    assert committed == header.render(), "run: python -m toolkit.link.header"


@pytest.mark.parametrize("vector", VECTORS["crc32"], ids=lambda vector: vector["crc"])
def test_crc(driver: Driver, vector: dict[str, str]) -> None:
    data = bytes.fromhex(vector["data"])
    assert f"{zlib.crc32(data):08x}" == vector["crc"]
    assert f"{driver.crc(data):08x}" == vector["crc"]


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda vector: vector["what"])
def test_frames(driver: Driver, vector: dict[str, str]) -> None:
    body, frame = bytes.fromhex(vector["body"]), bytes.fromhex(vector["frame"])
    assert framing.encode(body) == frame
    assert framing.Decoder().feed(frame) == [body]
    assert driver.send(body) == frame
    assert driver.send(body[:1], b"", body[1:5], body[5:]) == frame


@pytest.mark.parametrize("vector", VECTORS["packbits"], ids=lambda vector: vector["what"])
def test_packbits(driver: Driver, vector: dict[str, str]) -> None:
    data, packed = bytes.fromhex(vector["data"]), bytes.fromhex(vector["packed"])
    assert packbits.pack(data) == packed
    assert packbits.unpack(packed) == data
    assert driver.unpack(packed) == data


def test_hello() -> None:
    vector = dict(VECTORS["hello"])
    payload = bytes.fromhex(vector.pop("payload"))
    hello = Hello.decode(payload)
    assert json.loads(json.dumps(dataclasses.asdict(hello))) == vector
    assert hello.encode() == payload
