"""Every wait has a bound and ends in a message that says what was last heard: peers that misbehave on a real socket."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.link.device import HELLO, PythonDevice, hello
from tests.link.test_client import QUICK, REQUESTS
from toolkit.errors import LinkError
from toolkit.link import Client, Request, open_transport, transport
from toolkit.link.messages import ElementCode, End

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def peer(talk: Talk) -> Iterator[str]:
    """The port of a peer that does this with every connection."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(0.05)
                        talk(connection)
                        while talk is not hang_up and not ended.wait(0.02):
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"socket://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def hang_up(_: socket.socket) -> None:
    """Ends every connection at once."""


def say_nothing(_: socket.socket) -> None:
    """Neither reads nor writes."""


def answer_a_few(connection: socket.socket) -> None:
    """Is a device for two requests, and then neither reads nor writes any more."""
    content = dataclasses.replace(HELLO, rx_buffer=0xFFFF, inputs=(End(4096, ElementCode.INT8),))
    device = PythonDevice(hello=lambda message: hello(message.seq, content))
    while len(device.requests) < 2:
        with contextlib.suppress(TimeoutError):
            connection.sendall(device(connection.recv(2000)))


def failure(port: str, requests: list[Request]) -> tuple[LinkError, float]:
    """How the run ends, and after how many seconds."""
    client = Client(lambda: open_transport(port), QUICK)
    started = time.monotonic()
    with pytest.raises(LinkError) as caught:
        list(client.stream(requests))
    client.close()
    return caught.value, time.monotonic() - started


def test_peer_that_says_nothing() -> None:
    with peer(say_nothing) as port:
        error, took = failure(port, REQUESTS)
    assert error.message == "the device does not answer: within 0 s nothing came"
    assert QUICK.contact <= took < QUICK.contact + 2


def test_peer_that_hangs_up() -> None:
    with peer(hang_up) as port:
        error, took = failure(port, REQUESTS)
    assert "the port vanishes again and again" in error.message
    assert "last heard: nothing" in error.message
    assert took < QUICK.contact + QUICK.reopen + 3


def test_peer_that_stops_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its buffers fill until nothing can be written any more."""
    monkeypatch.setattr(transport, "WRITE_SECONDS", 0.3)
    big = [Request(key, "tensor", bytes(range(256)) * 16) for key in range(400)]
    with peer(answer_a_few) as port:
        error, took = failure(port, big)
    assert "last heard: RESULT number" in error.message + error.hint
    assert took < 10


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own
def test_peer_that_is_no_rfc2217_server() -> None:
    with peer(say_nothing) as port:
        started = time.monotonic()
        with pytest.raises(LinkError) as caught:
            open_transport(port.replace("socket://", "rfc2217://"))
    assert "rfc2217://" in caught.value.message
    assert time.monotonic() - started < 15
