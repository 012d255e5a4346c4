"""Transports: each kind of port, each way that opening fails, and each way that a port goes away."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import subprocess
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware import firmware
from tests.firmware.firmware import stub_output
from tests.link.rfc2217 import Rfc2217Server
from toolkit.errors import LinkError
from toolkit.link import Client, Request, TransportClosedError, open_transport

REQUESTS = [Request(n, "tensor", bytes(700) + bytes([n] * 84)) for n in range(40)]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware core with the stub engine, under the sanitizers."""
    return firmware.host(tmp_path_factory.mktemp("host"))


@pytest.fixture(params=["--tcp 0", "--pty"])
def url(request: pytest.FixtureRequest, image: Path) -> Iterator[str]:
    """A running firmware's port."""
    running = subprocess.Popen([image, *request.param.split()], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    yield running.stdout.readline().strip()
    running.kill()
    running.wait()
    running.stdout.close()


def test_real_firmware_over_each_port(url: str) -> None:
    client = Client(lambda: open_transport(url))
    for _ in range(2):  # closed and opened again, the device goes on
        answers = {answer.key: answer.output for answer in client.stream(REQUESTS)}
        assert answers == {request.key: stub_output(request.data) for request in REQUESTS}
        client.close()
    assert client.stats.resent == client.stats.damaged == client.stats.resets == 0


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own
def test_real_firmware_over_rfc2217(image: Path) -> None:
    running = subprocess.Popen([image, "--pty"], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    server = Rfc2217Server(running.stdout.readline().strip())
    try:
        client = Client(lambda: open_transport(server.url))
        answers = {answer.key: answer.output for answer in client.stream(REQUESTS)}
        assert answers == {request.key: stub_output(request.data) for request in REQUESTS}
        client.close()
    finally:
        server.close()
        running.kill()
        running.wait()
        running.stdout.close()


@pytest.mark.parametrize(("arguments", "says"), [(["--tcp", "0"], "socket://127.0.0.1:"), (["--pty"], "/dev/")])
def test_firmware_that_ends_with_its_peer(image: Path, arguments: list[str], says: str) -> None:
    running = subprocess.Popen([image, *arguments, "--once"], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    where = running.stdout.readline().strip()
    assert where.startswith(says)
    client = Client(lambda: open_transport(where))
    client.hello()
    client.close()
    assert running.wait(timeout=5) == 0
    running.stdout.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "usage:"),
        (["--tcp", "0", "--pty"], "usage:"),
        (["--tcp"], "--tcp"),
        (["--tcp", "99999"], "99999"),
        (["--tcp", "x"], "x:"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_firmware_called_wrongly(image: Path, arguments: list[str], says: str) -> None:
    done = subprocess.run([image, *arguments], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_firmware_whose_tcp_port_is_taken(image: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([image, "--tcp", str(port)], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2
    assert "Address already in use" in done.stderr


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """A pty: our end, and the name of the other."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    name = os.ttyname(theirs)
    os.close(theirs)
    yield ours, name
    with contextlib.suppress(OSError):
        os.close(ours)


def test_read_returns_what_is_there(terminal: tuple[int, str]) -> None:
    ours, name = terminal
    port = open_transport(name)
    started = time.monotonic()
    assert port.read(0.0) == b""
    assert port.read(0.2) == b""
    assert 0.15 < time.monotonic() - started < 2
    threading.Timer(0.1, lambda: os.write(ours, b"hello")).start()
    started = time.monotonic()
    data = port.read(5.0)
    assert time.monotonic() - started < 2, "it does not wait for more than what has come"
    assert b"hello".startswith(data) and data
    port.write(bytes(range(256)))
    assert os.read(ours, 1000) == bytes(range(256))
    port.close()


def test_a_port_is_ours_alone(terminal: tuple[int, str]) -> None:
    port = open_transport(terminal[1])
    with pytest.raises(LinkError, match="in use by another program"):
        open_transport(terminal[1])
    port.close()
    open_transport(terminal[1]).close()


def test_serial_device_that_is_unplugged(terminal: tuple[int, str]) -> None:
    port = open_transport(terminal[1])
    os.close(terminal[0])
    with pytest.raises(TransportClosedError):
        for _ in range(3):
            port.read(0.1)
    with pytest.raises(TransportClosedError):
        for _ in range(3):
            port.write(b"x")
    port.close()


def test_socket_that_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = open_transport(f"socket://127.0.0.1:{listener.getsockname()[1]}")
        peer, _ = listener.accept()
        assert port.read(0.01) == b""
        peer.sendall(b"last words")
        peer.close()
        assert port.read(1.0) == b"last words"
        with pytest.raises(TransportClosedError, match="closed"):
            port.read(1.0)
        with pytest.raises(TransportClosedError):
            for _ in range(100):
                port.write(bytes(1000))
                time.sleep(0.001)
        port.close()
        with pytest.raises(TransportClosedError):
            port.read(0.0)


def test_socket_takes_more_than_its_buffer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = open_transport(f"socket://127.0.0.1:{listener.getsockname()[1]}")
        peer, _ = listener.accept()
        data = bytes(range(256)) * 40_000
        received = bytearray()

        def drain() -> None:
            while len(received) < len(data):
                received.extend(peer.recv(65536))

        reader = threading.Thread(target=drain)
        reader.start()
        port.write(data)
        reader.join(timeout=10)
        assert received == data
        port.close()
        peer.close()


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("socket://127.0.0.1:CLOSED", "nothing listens at socket://127.0.0.1:"),
        ("socket://127.0.0.1", "is no address"),
        ("socket://127.0.0.1:port", "is no address"),
        ("socket://:99", "is no address"),
        ("socket://127.0.0.1:99999", "is no address"),
        ("socket://[half", "is no address"),
        ("socket://nowhere.invalid:1", "nowhere.invalid:1"),
        ("nonsense://x", "nonsense://x is no port"),
        ("/dev/ttyNOPE7", "/dev/ttyNOPE7 is not there"),
        ("COM77", "COM77 is not there"),
        ("", "no port is named"),
        ("/etc/hostname", "/etc/hostname"),
        ("rfc2217://127.0.0.1:CLOSED", "rfc2217://"),
    ],
)
def test_ports_that_cannot_be_opened(url: str, says: str) -> None:
    # The number is put in here: with one in the test's name, no two collections would be alike.
    with pytest.raises(LinkError) as caught:
        open_transport(url.replace("CLOSED", str(_closed_port())))
    assert says in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint
