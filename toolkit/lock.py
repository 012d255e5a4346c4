"""A folder for one command at a time: two in one would end each other's emulators and write over each other's files.

The lock is the operating system's own and ends with the process that holds it, however that ends; the file that carries
it says who that is. Where the file system knows no locks, as some network shares, nothing is locked.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from toolkit import files
from toolkit.errors import TinymlError

NAME = ".lock"
ATTEMPTS = 100
_FAR = 1 << 30
"""Windows lets nobody read the bytes that are locked: one far behind the text is."""
_UNKNOWN = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}


def _try_to_lock(handle: int) -> bool:
    """Whether this process has the lock now.

    Raises:
        OSError: the file system knows no locks.
    """
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as caught:
            if caught.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _is_at(path: Path, handle: int) -> bool:
    """Whether the open file is still the one of that name: whoever held it before has taken it away."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(handle))
    except FileNotFoundError:
        return False


def _whoever(handle: int) -> str:
    os.lseek(handle, 0, os.SEEK_SET)
    return os.read(handle, 200).decode(errors="replace").strip() or "another tinyml"


@contextlib.contextmanager
def held(folder: Path, command: str) -> Iterator[None]:
    """Hold a folder for this process while the block runs; the folder is made, and taken away again if it stays empty.

    Args:
        command: in words, for whoever finds the folder held.

    Raises:
        TinymlError: another process holds it, or the file system refuses to write.
    """
    path = folder / NAME
    made = [each for each in (folder, folder.parent) if not each.exists()]
    while True:
        handle = _open(path)
        try:
            if not _try_to_lock(handle):
                who = _whoever(handle)
                os.close(handle)
                raise TinymlError(
                    f"{folder} is in use by {who}", "wait until it has ended, or work in another folder: -C FOLDER"
                )
        except OSError as caught:
            if caught.errno not in _UNKNOWN:
                os.close(handle)
                raise
        if _is_at(path, handle):
            break
        os.close(handle)
    now = datetime.datetime.now().astimezone().strftime("%H:%M:%S")
    with contextlib.suppress(OSError):  # a full disk: then nobody is named
        os.ftruncate(handle, 0)
        os.write(handle, f"{command}, process {os.getpid()}, since {now}\n".encode())
    try:
        yield
    finally:
        if sys.platform == "win32":  # where nothing can be taken away that is open, here or at whoever holds it next
            os.close(handle)
        with contextlib.suppress(OSError):  # before it is given up: another may hold it then
            path.unlink()
        if sys.platform != "win32":
            os.close(handle)
        for each in made:
            with contextlib.suppress(OSError):
                each.rmdir()


def _open(path: Path) -> int:
    attempt = 0
    while True:
        attempt += 1
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink() or (path.exists() and not files.is_regular(path)):
                path.unlink()
            return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as caught:
            if isinstance(caught, FileNotFoundError) and attempt < ATTEMPTS:
                continue  # whoever held it has just taken an empty folder away
            raise TinymlError(
                f"cannot write {path}: {caught.strerror}", "free some space, or check the path and its permissions"
            ) from caught
