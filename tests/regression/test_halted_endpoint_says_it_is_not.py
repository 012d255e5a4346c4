"""GET_STATUS of an endpoint that the host had halted was answered with "not halted" (USB 2.0, 9.4.5)."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import serial

from tests.nano33.conftest import Running, compile_echo
from toolkit.emulate.nano33 import board as virtual
from toolkit.emulate.nano33.usb_host import Stalled, UsbHost

pytestmark = pytest.mark.emulator

GET_STATUS, CLEAR_FEATURE, SET_FEATURE = 0, 1, 3
DATA_IN, DATA_OUT, NOTIFY = 0x82, 0x02, 0x81


class _AskingHost(UsbHost):
    """Halts each endpoint after the enumeration, and asks for its status before, meanwhile and after."""

    seen: list[tuple[int, list[bytes]]]
    refused: list[tuple[int, int, int]]

    def _enumerate(self) -> Generator[None, None, None]:
        yield from super()._enumerate()
        for endpoint in (DATA_IN, DATA_OUT, NOTIFY):
            answers = [(yield from self._read(0x82, GET_STATUS, 0, endpoint, 2))]
            for request in (SET_FEATURE, CLEAR_FEATURE):
                yield from self._request(0x02, request, 0, endpoint)
                answers.append((yield from self._read(0x82, GET_STATUS, 0, endpoint, 2)))
            self.seen.append((endpoint, answers))
        # No such endpoint, none in this direction, a feature that endpoints have not, endpoint 0 halted.
        for request, value, endpoint in (
            (SET_FEATURE, 0, 0x83),
            (SET_FEATURE, 0, 0x01),
            (SET_FEATURE, 1, 0x82),
            (SET_FEATURE, 0, 0),
        ):
            try:
                yield from self._request(0x02, request, value, endpoint)
            except Stalled:
                self.refused.append((request, value, endpoint))


def test_a_halted_endpoint_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("unicorn")
    image = compile_echo(tmp_path / "build").read_bytes()
    seen: list[tuple[int, list[bytes]]] = []
    refused: list[tuple[int, int, int]] = []

    def host(*arguments: Any) -> UsbHost:
        asking = _AskingHost(*arguments)
        asking.seen, asking.refused = seen, refused
        return asking

    monkeypatch.setattr(virtual, "UsbHost", host)
    running = Running(tmp_path / "board", image)
    try:
        with serial.Serial(running.sketch(), 115_200, timeout=5) as link:
            link.write(b"still here")  # the endpoints work again
            assert link.read(10) == b"still here"
    finally:
        running.quit()
    assert seen == [(endpoint, [b"\0\0", b"\1\0", b"\0\0"]) for endpoint in (DATA_IN, DATA_OUT, NOTIFY)]
    assert len(refused) == 4
