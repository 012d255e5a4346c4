"""Port discovery, and the cures for a port that cannot be opened."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from toolkit import process
from toolkit.errors import FlashError, LinkError
from toolkit.link.serial_ports import (
    PublishedPorts,
    UsbPort,
    cannot_open,
    connected_ports,
    modem_manager_runs,
    published_ports,
)


def test_published_ports_are_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    lister = published_ports(path)
    assert lister() == ()
    port = UsbPort("/dev/pts/3", 0x2341, 0x805A, "12AB", "Nano 33 BLE")
    PublishedPorts(pid=os.getpid(), mode="application", ports=(port,)).save(path)
    assert lister() == (port,)
    assert port.usb_id == "2341:805a"


def test_the_ports_of_a_dead_emulator_are_gone(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        gone = process.spawn(["true"], log_file=log)
    gone.wait()
    path = tmp_path / "ports.json"
    PublishedPorts(pid=gone.pid, mode="application", ports=(UsbPort("/dev/pts/3", 1, 2),)).save(path)
    assert published_ports(path)() == ()


def test_connected_ports_have_usb_ids() -> None:
    assert all(port.vid and port.device for port in connected_ports())


@pytest.mark.parametrize(
    ("number", "modem_manager", "message", "hint"),
    [
        (errno.EACCES, False, "no permission to open", "usermod -a -G"),
        (errno.EBUSY, True, "held by ModemManager", "systemctl stop ModemManager"),
        (errno.EBUSY, False, "in use by another program", "serial monitor"),
        (errno.EAGAIN, False, "in use by another program", "serial monitor"),
        (errno.ENOENT, False, "is not there", "check the cable"),
        (errno.EIO, False, "cannot be opened", "tinyml ports"),
    ],
)
def test_the_cure_is_named(number: int, modem_manager: bool, message: str, hint: str) -> None:
    made = cannot_open("/dev/ttyACM0", OSError(number, "told so"), modem_manager=lambda: modem_manager)
    assert isinstance(made, LinkError)
    assert message in made.message and "/dev/ttyACM0" in made.message
    assert hint in made.hint


def test_the_error_class_is_the_callers() -> None:
    assert isinstance(cannot_open("COM3", OSError(errno.EIO, "x"), error=FlashError), FlashError)


def test_modem_manager_is_found_among_the_processes(tmp_path: Path) -> None:
    (tmp_path / "17").mkdir()
    (tmp_path / "17" / "comm").write_text("bash\n")
    assert not modem_manager_runs(tmp_path)
    (tmp_path / "18").mkdir()
    (tmp_path / "18" / "comm").write_text("ModemManager\n")
    assert modem_manager_runs(tmp_path)
