"""Talks to driver.c."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def _hex(data: bytes) -> str:
    return data.hex() or "-"


class Driver:
    """The core's parts in a process of their own: a sanitizer's complaint ends it, and the test."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def ask(self, *words: str) -> str:
        """One command, one answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer.endswith("\n"):
            assert self._process.stderr is not None
            raise AssertionError(f"the driver died: {self._process.stderr.read()}")
        return answer.strip()

    def crc(self, data: bytes) -> int:
        """CRC-32."""
        return int(self.ask("crc", _hex(data)), 16)

    def send(self, *pieces: bytes) -> bytes:
        """The frame of a body made of pieces."""
        return bytes.fromhex(self.ask("send", *map(_hex, pieces)))

    def unpack(self, packed: bytes) -> bytes | None:
        """PackBits undone; None if it ends in the middle."""
        data, _, is_open = self.ask("unpack", _hex(packed)).partition(" ")
        return None if is_open or data == "open" else bytes.fromhex(data)

    def receive(self, wire: bytes, *, dtype: int = 1, input_bytes: int | Sequence[int]) -> list[str]:
        """The receiver's events, with one input or several."""
        sizes = [input_bytes] if isinstance(input_bytes, int) else input_bytes
        return self.ask("receive", str(dtype), ",".join(map(str, sizes)), _hex(wire)).split()

    def close(self) -> None:
        """End it, and see that it ended well."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(timeout=10) == 0
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
