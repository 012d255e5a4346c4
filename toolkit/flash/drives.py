"""Boards that show themselves as a drive: which drives there are, and how a file gets onto one.

On a desk these are the mounted ones; a virtual board publishes its own as the port that it has then, whose device is a
folder. A drive mostly vanishes while the last block is written, and whoever writes may see an error of it.
"""

from __future__ import annotations

import os
import string
import sys
import time
from collections.abc import Callable
from pathlib import Path

from toolkit.errors import FlashError
from toolkit.link.serial_ports import PortLister, connected_ports

FAILURES = ("FAIL.TXT", "ERROR.TXT")
"""In which DAPLink and ST-LINK say why they did not take a file."""

_MOUNTS = Path("/proc/mounts")
_LABELS = Path("/dev/disk/by-label")


def drives(lister: PortLister) -> tuple[Path, ...]:
    """The drives that boards may be: the mounted ones, or those that a virtual board shows."""
    if lister is connected_ports:
        return mounted()
    return tuple(Path(port.device) for port in lister() if Path(port.device).is_dir())


def mounted(mounts: Path = _MOUNTS) -> tuple[Path, ...]:
    """Where this system has mounted drives with a FAT file system, or what may be one."""
    if sys.platform == "win32":
        return tuple(Path(f"{letter}:\\") for letter in string.ascii_uppercase if Path(f"{letter}:\\").exists())
    if sys.platform == "darwin":
        return tuple(sorted(Path("/Volumes").glob("*")))
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    fields = [line.split() for line in lines]
    # Blanks in names are written as \040 there.
    return tuple(
        Path(each[1].encode().decode("unicode_escape")) for each in fields if len(each) > 2 and each[2] in _FAT
    )


_FAT = ("vfat", "msdos", "fat", "exfat", "fuseblk")


def label(drive: Path) -> str:
    """What a drive is called: its folder's name; on Windows what the volume says."""
    if sys.platform != "win32":
        return drive.name
    import ctypes  # type: ignore[unreachable,unused-ignore]

    name = ctypes.create_unicode_buffer(261)
    ctypes.windll.kernel32.GetVolumeInformationW(str(drive), name, len(name), None, None, None, None, 0)
    return name.value


def not_mounted(label: str, labels: Path = _LABELS) -> str | None:
    """The line that mounts a drive that is connected and was mounted by nobody; None if there is no such drive."""
    device = labels / label
    return f"it is connected, but not mounted: udisksctl mount -b {device}" if device.exists() else None


def read_text(path: Path) -> str:
    """A small text on a drive; empty if there is none."""
    try:
        with path.open("rb") as stream:
            return stream.read(4096).decode("utf-8", "replace")
    except OSError:
        return ""


def failure(drive: Path) -> str | None:
    """Why the board says that it did not take a file; None if it does not."""
    for name in FAILURES:
        if said := read_text(drive / name).strip():
            return said.splitlines()[0]
    return None


def copy(data: bytes, drive: Path, name: str) -> None:
    """Write a file, all of it and at once.

    Raises:
        FlashError: it cannot be written; not if the drive has gone, which is for the caller to judge.
    """
    path = drive / name
    try:
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as caught:
        if not drive.is_dir():
            return
        hint = "is it mounted for you? try to copy a file there yourself"
        raise FlashError(f"cannot write {path}: {caught.strerror or caught}", hint) from caught


def wait_until(condition: Callable[[], bool], seconds: float, poll: float) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll)
    return True
