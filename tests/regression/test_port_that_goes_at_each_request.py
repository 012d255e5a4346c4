"""A device that answers HELLO and hangs up at each request: the run opened its port again and again without end."""

from __future__ import annotations

import time

import pytest

from tests.link.device import PythonDevice
from tests.link.handler import HandlerTransport
from toolkit.errors import LinkError
from toolkit.link import Client, framing, messages
from toolkit.link.client import Request
from toolkit.link.messages import MessageType
from toolkit.link.timing import Bounds
from toolkit.link.transport import TransportClosedError

GIVE_UP = 20.0


def test_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    device = PythonDevice()
    started = time.monotonic()
    monkeypatch.setattr("toolkit.link.session.RETRY_OPEN_SECONDS", 0.01)

    def handler(data: bytes) -> bytes:
        assert time.monotonic() - started < GIVE_UP, "it goes on without end"
        bodies = framing.Decoder().feed(data)
        if any(messages.parse(body).type != MessageType.HELLO_REQUEST for body in bodies):
            raise TransportClosedError("hung up")
        return device(data)

    client = Client(lambda: HandlerTransport(handler), Bounds(stall=0.5))
    with pytest.raises(LinkError, match="answered no request for"):
        list(client.stream([Request(0, "tensor", bytes(16))]))
