"""Firmware for the Pico with the stub engine, and one RP2040 to run it on."""

from __future__ import annotations

import select
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.firmware import firmware
from toolkit import process
from toolkit.emulate import rp2040js
from toolkit.emulate.rp2040js.chip import SERIAL, Chip
from toolkit.errors import TinymlError
from toolkit.link.transport import TransportClosedError

Compile = Callable[..., bytes]


@pytest.fixture(scope="session", name="compiled")
def _compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compiles the core with the stub engine for the Pico, perhaps spoilt; gives what lies in flash."""
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")

    def compiled(defines: Sequence[str] = (), edits: Mapping[str, tuple[str, str]] | None = None) -> bytes:
        folder = tmp_path_factory.mktemp("pico")
        elf = firmware.bare(folder, "pico", defines, edits)
        binary = folder / "firmware.bin"
        process.run(["arm-none-eabi-objcopy", "-O", "binary", str(elf), str(binary)], timeout=20)
        return binary.read_bytes()

    return compiled


@pytest.fixture(scope="session", name="plain")
def _plain(compiled: Compile) -> bytes:
    """The firmware as it is."""
    return compiled()


@pytest.fixture(scope="session", name="library")
def _library() -> Path:
    """rp2040js, where it is installed."""
    try:
        return rp2040js.library()
    except TinymlError as caught:
        pytest.skip(f"{caught.message}: {caught.hint}")


@pytest.fixture(name="chips")
def _chips(library: Path) -> Iterator[Callable[[str], Chip]]:
    """Makes chips, and ends them with the test."""
    made: list[Chip] = []

    def chip(link: str = "usb") -> Chip:
        made.append(Chip(library, link))
        return made[-1]

    yield chip
    for each in made:
        each.close()


def until(chip: Chip, *kinds: bytes, seconds: float = 15.0) -> tuple[bytes, bytes]:
    """The first message of one of these kinds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if select.select([chip.fd], [], [], 0.1)[0]:
            for kind, message in chip.heard():
                if kind in kinds:
                    return kind, message
    raise AssertionError(f"the chip said none of {kinds}")


class ChipTransport:
    """A toolkit.link Transport to a chip's serial port."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def read(self, timeout: float) -> bytes:
        """What has come."""
        if not select.select([self._chip.fd], [], [], timeout)[0]:
            return b""
        try:
            return b"".join(message for kind, message in self._chip.heard() if kind == SERIAL)
        except EOFError as caught:
            raise TransportClosedError(str(caught)) from caught

    def write(self, data: bytes) -> None:
        """Send it."""
        self._chip.tell(SERIAL, data)

    def close(self) -> None:
        """The chip is its test's."""
