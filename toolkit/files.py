"""Files of a workspace, which may have come from somebody else: nothing is written through a link, nothing read from a
pipe that never ends."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from pathlib import Path
from typing import IO

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_ATTEMPTS = 50
_BETWEEN_SECONDS = 0.02


def is_regular(path: Path) -> bool:
    """True if an ordinary file lies there itself: no link, no pipe, no device."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_device(path: Path) -> bool:
    """True if a device or a terminal lies there itself, such as /dev/null."""
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def fresh(path: Path) -> IO[bytes]:
    """Open a new file for writing in the place of whatever has the name: a link is replaced, not followed.

    Raises:
        OSError: the folder cannot be made, or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666), "wb")


def replace(path: Path, to: Path) -> None:
    """Give a file or folder another name, in the place of the file that has it.

    Windows refuses that while anybody has one of the two open, a virus scanner for one: it is asked again for a second.

    Raises:
        OSError: the file system refused.
    """
    attempts = _ATTEMPTS if sys.platform == "win32" else 1
    for attempt in range(attempts):
        try:
            path.replace(to)
        except PermissionError:
            if attempt + 1 == attempts:
                raise
            time.sleep(_BETWEEN_SECONDS)
        else:
            return


def append(path: Path) -> IO[bytes]:
    """Open an ordinary file to write behind its end; what is written is with the system at once.

    Raises:
        OSError: it is missing, a link, or cannot be written.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | _NO_FOLLOW | _BINARY), "ab")
