"""Which serial ports there are, by USB id; and why one could not be opened.

Whoever looks for a board takes a `PortLister`: on a desk it is `connected_ports`, and for an emulated board it is
`published_ports` over the file in which the emulator publishes its ports. The code that uses it is the same.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit import process
from toolkit.artifacts import Artifact
from toolkit.errors import LinkError, TinymlError


@dataclass(frozen=True)
class UsbPort(Artifact):
    """A serial port behind USB.

    Attributes:
        device: what pyserial opens.
        vid, pid: USB vendor and product id.
        serial_number: the USB serial number, empty if the device has none.
        product: what the device calls itself, empty if it says nothing.
    """

    device: str
    vid: int
    pid: int
    serial_number: str = ""
    product: str = ""

    @property
    def usb_id(self) -> str:
        """Vendor and product id as board files write them: "2341:805a"."""
        return f"{self.vid:04x}:{self.pid:04x}"

    def is_same_board(self, other: UsbPort) -> bool:
        """True if both serial numbers can be one board's: a bootloader may pad it with zeros in front."""
        mine, theirs = self.serial_number.lstrip("0").upper(), other.serial_number.lstrip("0").upper()
        return mine == theirs


PortLister = Callable[[], tuple[UsbPort, ...]]


@dataclass(frozen=True)
class PublishedPorts(Artifact):
    """An emulated board's state, as its process publishes it.

    Attributes:
        pid: of the emulator's process.
        mode: "application", "bootloader", "unplugged" or "crashed".
        ports: what the host would see on USB now.
        error: why it crashed: a fault, or a use of a peripheral that the real chip would not forgive.
    """

    pid: int
    mode: str
    ports: tuple[UsbPort, ...] = ()
    error: str | None = None


def connected_ports() -> tuple[UsbPort, ...]:
    """The serial ports behind USB on this machine, by name."""
    from serial.tools import list_ports

    found = (
        UsbPort(port.device, port.vid, port.pid, port.serial_number or "", port.product or "")
        for port in list_ports.comports()
        if port.vid is not None and port.pid is not None
    )
    return tuple(sorted(found, key=lambda port: port.device))


def published_ports(path: Path) -> PortLister:
    """A lister of the ports that an emulated board publishes in the file `path`; none if its process is not there."""

    def lister() -> tuple[UsbPort, ...]:
        if not path.exists():
            return ()
        published = PublishedPorts.load(path)
        return published.ports if process.start_of(published.pid) is not None else ()

    return lister


def names_of(port: str) -> frozenset[str]:
    """Every name under which a lister may know what a user calls `port`.

    A name may be a link, such as those of /dev/serial/by-id. macOS has two for each port, and lists the one that does
    not wait for a carrier. Windows' are the same in small letters.
    """
    names = {port, str(Path(port).resolve()), without_carrier(port)}
    return frozenset(names | {port.upper()} if sys.platform == "win32" else names)


def check_distinct(ports: Sequence[str]) -> None:
    """Refuse one board that is named twice, by its port and by a link to it: it could not be opened a second time.

    Raises:
        LinkError: the message has both names.
    """
    for place, port in enumerate(ports):
        for other in ports[:place]:
            if names_of(port) & names_of(other):
                raise LinkError(f"{other} and {port} are one port", "name each board once; see `tinyml ports`")


def without_carrier(port: str) -> str:
    """The name that opens at once: /dev/tty.* of macOS waits for a carrier, which no board has; /dev/cu.* does not."""
    if sys.platform == "darwin" and port.startswith(_WITH_CARRIER):
        return _WITHOUT + port.removeprefix(_WITH_CARRIER)
    return port


_WITH_CARRIER, _WITHOUT = "/dev/tty.", "/dev/cu."


def example() -> str:
    """What a board's port may be called on this system."""
    return {"win32": "COM3", "darwin": "/dev/cu.usbmodem1101"}.get(sys.platform, "/dev/ttyACM0")


def _number(caught: OSError) -> int | None:
    """The errno; pyserial on Windows puts the exception that has it into its own text and keeps nothing else of it."""
    if caught.errno is None and sys.platform == "win32":
        told = {"PermissionError(": errno.EBUSY, "FileNotFoundError(": errno.ENOENT}
        return next((number for name, number in told.items() if name in str(caught)), None)
    return caught.errno


def _group_of(device: str) -> str:
    try:
        return Path(device).group()
    except (OSError, KeyError, NotImplementedError):
        return "dialout"


def modem_manager_runs(proc: Path = Path("/proc")) -> bool:
    """True if ModemManager runs: it opens every new serial port for seconds and talks to it."""
    if not sys.platform.startswith("linux"):
        return False
    for name in proc.glob("[0-9]*/comm"):
        try:
            if name.read_text(encoding="utf-8", errors="replace").strip() == "ModemManager":
                return True
        except OSError:
            continue
    return False


def cannot_open(
    device: str,
    caught: OSError,
    *,
    error: type[TinymlError] = LinkError,
    modem_manager: Callable[[], bool] = modem_manager_runs,
) -> TinymlError:
    """The error for a port that could not be opened, with its cure.

    Args:
        device: the port.
        caught: what opening raised; pyserial's SerialException is an OSError and mostly carries the errno.
        error: the class to make.
        modem_manager: tells if ModemManager runs.
    """
    number = _number(caught)
    if number in (errno.EACCES, errno.EPERM):
        if not sys.platform.startswith("linux"):
            return error(f"no permission to open {device}", "close what may hold it, or look at its permissions")
        group = _group_of(device)
        return error(
            f"no permission to open {device}",
            f"sudo usermod -a -G {group} {os.environ.get('USER', '$USER')}   and log in again",
        )
    if number in (errno.EBUSY, errno.EAGAIN):
        if modem_manager():
            return error(
                f"{device} is held by ModemManager",
                "sudo systemctl stop ModemManager   (or remove it, if no modem is in use), then try again",
            )
        return error(f"{device} is in use by another program", "close its serial monitor, then try again")
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return error(f"{device} is not there", "check the cable; `tinyml ports` lists what is connected")
    return error(f"{device} cannot be opened: {caught.strerror or caught}", "`tinyml ports` lists what is connected")
