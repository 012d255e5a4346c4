"""Firmware processes of a host build, as boards to be verified."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path


@contextlib.contextmanager
def listening(image: Path, count: int = 1, link: Sequence[str] = ("--tcp", "0")) -> Iterator[list[str]]:
    """The ports of `count` boards that run `image`, while the context lasts."""
    boards: list[subprocess.Popen[str]] = []
    try:
        for _ in range(count):
            boards.append(subprocess.Popen([image, *link], stdout=subprocess.PIPE, text=True))
        ports = []
        for board in boards:
            assert board.stdout is not None
            ports.append(board.stdout.readline().strip())
        yield ports
    finally:
        for board in boards:
            board.kill()
            board.wait()
            assert board.stdout is not None
            board.stdout.close()
