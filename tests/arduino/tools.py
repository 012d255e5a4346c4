"""Programs that stand in for the Arduino tools, on a PATH of their own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

FAKE_ARDUINO_CLI = Path(__file__).with_name("fake_arduino_cli.py")


class FakeTools:
    """A folder of programs, and what they were called with."""

    def __init__(self, folder: Path) -> None:
        """Begin with none."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, body: str) -> None:
        """A program that notes its arguments and then does `body`, in Python."""
        path = self.folder / name
        note = self.folder / f"{name}.argv"
        path.write_text(
            f"#!{sys.executable}\nimport json, pathlib, sys\n"
            f"pathlib.Path({str(note)!r}).write_text(json.dumps(sys.argv[1:]))\n{body}\n"
        )
        path.chmod(0o755)

    def argv(self, name: str) -> list[str]:
        """What it was called with last."""
        found: list[str] = json.loads((self.folder / f"{name}.argv").read_text())
        return found

    def add_arduino_cli(self) -> None:
        """The one that really compiles; its notes are <command>.json in the same folder."""
        path = self.folder / "arduino-cli"
        path.write_text(
            f'#!/bin/sh\nFAKE_NOTES="{self.folder}" exec "{sys.executable}" "{FAKE_ARDUINO_CLI}" "$@"\n', newline="\n"
        )
        path.chmod(0o755)

    @property
    def path(self) -> str:
        """PATH with these programs before all others."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"
