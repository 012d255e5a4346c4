"""labgrid's coordinator and exporter on loopback, with a station a place: an emulated board behind a fixed TCP port."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolkit import board as boards
from toolkit import emulate
from toolkit.artifacts import RunningDevice

ROOT = Path(__file__).parents[2]
FARM = ROOT / ".venv-farm" / "bin"
HOST = "127.0.0.1"


def is_installed() -> bool:
    """Whether `make test` has installed labgrid here, or the user has."""
    return (FARM / "labgrid-client").is_file() or shutil.which("labgrid-client") is not None


@dataclass
class Station:
    """A place's board: an emulator that boots what it is handed, its port always the same one.

    Attributes:
        board: its id.
        serial, control: listeners of the board's port, and of the driver that hands an image over.
        boots, moved: images that it was handed, and bytes that came in and out since the last one.
    """

    board: str
    log: Path
    serial: socket.socket = field(default_factory=lambda: socket.create_server((HOST, 0)))
    control: socket.socket = field(default_factory=lambda: socket.create_server((HOST, 0)))
    device: RunningDevice | None = None
    boots: int = 0
    moved: int = 0

    def start(self) -> None:
        """Serve both ports until they are closed."""
        for serve in (self._serve_control, self._serve_serial):
            threading.Thread(target=serve, daemon=True).start()

    def kill(self) -> None:
        """As a board that loses its power: the emulator dies, the port stays and is silent."""
        if self.device is not None and self.device.pid is not None:
            with contextlib.suppress(OSError):
                os.kill(self.device.pid, signal.SIGKILL)

    def close(self) -> None:
        """End everything."""
        for listener in (self.serial, self.control):
            listener.close()
        self._end()

    def _end(self) -> None:
        board = boards.load(self.board)
        if self.device is not None and self.device.pid is not None and board.emulator is not None:
            emulate.load(board.emulator.name).stop(self.device.pid, self.device.started)
        self.device = None

    def _serve_control(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.control.accept()
                with link, contextlib.suppress(OSError):
                    image = link.makefile().readline().strip()
                    link.sendall(f"{self._boot(Path(image))}\n".encode())

    def _boot(self, image: Path) -> str:
        board = boards.load(self.board)
        assert board.emulator is not None
        self._end()
        try:
            if image.suffix == ".HEX":
                image = _as_bin(image, self.log.with_suffix(".bin"))
            self.device = emulate.load(board.emulator.name).start(board, image, self.log)
        except Exception as caught:
            return repr(caught)
        self.boots, self.moved = self.boots + 1, 0
        return "running"

    def _serve_serial(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.serial.accept()
                if self.device is None:
                    link.close()
                    continue
                host, port = self.device.port.removeprefix("socket://").split(":")
                try:
                    board = socket.create_connection((host, int(port)), timeout=5)
                except OSError:
                    link.close()
                    continue
                for here, there in ((link, board), (board, link)):
                    here.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pump, args=(here, there), daemon=True).start()

    def _pump(self, here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            here.settimeout(None)
            while data := here.recv(65536):
                there.sendall(data)
                self.moved += len(data)
        for each in (here, there):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _as_bin(file: Path, out: Path) -> Path:
    """What a probe would write of a .hex of one stretch: the data of its records."""
    records = [bytes.fromhex(line[1:]) for line in file.read_text().split()]
    out.write_bytes(b"".join(record[4:-1] for record in records if record[3] == 0))
    return out


@dataclass(frozen=True)
class Lab:
    """A farm that runs.

    Attributes:
        stations: by place, which has its board's name.
        environment: variables of labgrid's for who uses it.
    """

    stations: dict[str, Station]
    environment: dict[str, str]

    def client(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run labgrid-client."""
        return subprocess.run(
            ["labgrid-client", *words], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )


@contextlib.contextmanager
def running(folder: Path, places: Sequence[str]) -> Iterator[Lab]:
    """A farm with a place for each of these boards, of the same name."""
    stations = {name: Station(name, folder / f"{name}.log") for name in places}
    port = _free_port()
    environment = {
        **os.environ,
        "PATH": f"{FARM}{os.pathsep}{os.environ['PATH']}",
        "LG_COORDINATOR": f"{HOST}:{port}",
        "LG_USERNAME": "tester",
        "LG_HOSTNAME": "desk",
        "LG_ENV": str(folder / "farm.yaml"),
    }
    (folder / "farm.yaml").write_text(_farm_file(stations))
    (folder / "exported.yaml").write_text(_exported(stations))
    lab = Lab(stations, environment)
    with contextlib.ExitStack() as stack:
        for station in stations.values():
            station.start()
            stack.callback(station.close)
        stack.enter_context(_program(folder, environment, "labgrid-coordinator", "-l", f"{HOST}:{port}"))
        _until(lambda: lab.client("places").returncode == 0)
        exporter = ("labgrid-exporter", "-n", "desk", "--hostname", HOST, "-c", f"{HOST}:{port}")
        stack.enter_context(_program(folder, environment, *exporter, str(folder / "exported.yaml")))
        _until(lambda: lab.client("resources").stdout.count("/NetworkSerialPort") == len(places))
        for name in places:
            for words in (("create",), ("add-match", f"*/{name}/*")):
                done = lab.client("-p", name, *words)
                assert done.returncode == 0, done.stderr
        yield lab


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "the farm did not come up"
        time.sleep(0.1)


@contextlib.contextmanager
def _program(folder: Path, environment: dict[str, str], *argv: str) -> Iterator[None]:
    with (folder / f"{argv[0]}.log").open("wb") as log:
        program = shutil.which(argv[0], path=environment["PATH"])
        assert program is not None
        process = subprocess.Popen([program, *argv[1:]], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _exported(stations: dict[str, Station]) -> str:
    return "".join(
        f"{name}:\n  NetworkSerialPort:\n    host: {HOST}\n    port: {station.serial.getsockname()[1]}\n"
        "    protocol: raw\n"
        for name, station in stations.items()
    )


def _farm_file(stations: dict[str, Station]) -> str:
    targets = "".join(
        f"  {name}:\n    resources:\n      RemotePlace: {{name: {name}}}\n    drivers:\n"
        f"      StationBootDriver: {{control: {station.control.getsockname()[1]}}}\n"
        for name, station in stations.items()
    )
    return f"imports: [{Path(__file__).with_name('boot_driver.py')}]\ntargets:\n{targets}"
