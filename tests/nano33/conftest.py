"""Firmware for the virtual board, built once a session."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.nano33.fakes import NANO33
from toolkit import process, project, resources
from toolkit.emulate.nano33.board import VirtualBoard
from toolkit.link.serial_ports import PublishedPorts, UsbPort

FIRMWARE = Path(__file__).parent / "firmware"
FLAGS = [*NANO33.cpu.gcc_flags, "-std=c99", "-O3", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
FLAGS += ["-ffunction-sections", "-fdata-sections"]

Edits = Mapping[str, tuple[str, str]]
"""File name of the port -> what to replace in it, and by what."""


def compile_echo(out: Path, edits: Edits | None = None) -> Path:
    """Build the echo program with the port, perhaps spoilt by `edits`; returns the .bin."""
    return compile_firmware(out, [FIRMWARE / "echo.c"], edits)


def compile_firmware(out: Path, sources: Sequence[Path], edits: Edits | None = None) -> Path:
    """Build `sources` with the port, perhaps spoilt by `edits`; returns the .bin."""
    source = out / "src"
    for name in ("cortexm", "nrf52840", "usb"):
        place = source / ("port" if name == "nrf52840" else name)
        shutil.copytree(resources.firmware() / "ports" / name, place)
    port = source / "port"
    for path, content in project.port_files(NANO33, NANO33.toolchain[0]).items():
        (out / path).write_bytes(content)
    for name, (old, new) in (edits or {}).items():
        spoilt = next(place / name for place in (port, source / "usb") if (place / name).exists())
        text = spoilt.read_text()
        assert old in text, f"{name} no longer has {old!r}"
        spoilt.write_text(text.replace(old, new))
    sources = [*sources, *sorted(source.glob("*/*.c"))]
    link = ["-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections"]
    link += ["-T", str(port / "link.ld"), "-L", str(out)]
    include = [
        resources.firmware() / "engine",
        resources.firmware() / "ports",
        resources.firmware() / "core",
        port,
        source / "usb",
        source / "cortexm",
    ]
    elf = out / "firmware.elf"
    compiler = [
        "arm-none-eabi-gcc",
        *FLAGS,
        *(f"-I{folder}" for folder in include),
        *link,
        *map(str, sources),
        "-o",
        str(elf),
    ]
    process.run(compiler, timeout=60)
    binary = out / "firmware.bin"
    process.run(["arm-none-eabi-objcopy", "-O", "binary", str(elf), str(binary)], timeout=20)
    return binary


@pytest.fixture(scope="session", name="echo")
def _echo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    pytest.importorskip("unicorn")
    return compile_echo(tmp_path_factory.mktemp("echo"))


class Running:
    """A virtual board in a thread."""

    def __init__(self, directory: Path, image: bytes | None, **options: int) -> None:
        self.board = VirtualBoard(directory, **options)  # type: ignore[arg-type]
        if image is not None:
            self.board.load(image)
        self._thread = threading.Thread(target=self.board.run, daemon=True)
        self._thread.start()

    def ports(self) -> tuple[UsbPort, ...]:
        """What it publishes."""
        return self.state().ports if self.board.ports_file.exists() else ()

    def state(self) -> PublishedPorts:
        """What it publishes."""
        return PublishedPorts.load(self.board.ports_file)

    def until(self, condition: Callable[[PublishedPorts], bool], seconds: float = 5.0) -> PublishedPorts:
        """Wait until the published state is so."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.board.ports_file.exists() and condition(self.state()):
                return self.state()
            time.sleep(0.002)
        raise AssertionError(f"it stays so: {self.state()}")

    def sketch(self) -> str:
        """The port of the running program."""
        return self.until(lambda state: bool(state.ports) and state.mode == "application").ports[0].device

    def quit(self) -> None:
        """Switch it off."""
        self.board.press("quit")
        self._thread.join(5)
        assert not self._thread.is_alive()


Start = Callable[..., Running]


@pytest.fixture(name="start")
def _start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def start(image: bytes | None, **options: int) -> Running:
        running = Running(tmp_path / f"board{len(started)}", image, **options)
        started.append(running)
        return running

    yield start
    for running in started:
        running.quit()
