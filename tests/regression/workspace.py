"""A workspace with a build for this computer, made once, and copies of it to spoil."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from toolkit.artifacts import Build
from toolkit.cli.main import app
from toolkit.errors import TinymlError


class Refused(Exception):  # noqa: N818 - what the command line said
    """A command ended in an error of ours.

    Attributes:
        error: which.
    """

    def __init__(self, error: TinymlError) -> None:
        super().__init__(f"{error.message} ({error.hint})")
        self.error = error


def tinyml(*arguments: str, folder: Path) -> Any:
    """Run a command in this process; its JSON value, or its text where it is none.

    Raises:
        Refused: it ended in an error of ours; any other error goes through.
    """
    result = CliRunner().invoke(app, [*arguments, "-C", str(folder)])
    if isinstance(result.exception, TinymlError):
        raise Refused(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    try:
        return json.loads(result.stdout)
    except ValueError:
        return result.stdout


def put(built: Path, to: Path) -> None:
    """Put the builds of one workspace in place of another's, as another process might."""
    shutil.copytree(built / "build", to / "build", dirs_exist_ok=True)
    for record in (to / "build").glob("*/*/build.json"):
        record.write_text(record.read_text().replace(str(built), str(to)))


def copied(built: Path, to: Path) -> Path:
    """A copy of a workspace, its record pointing into the copy."""
    put(built, to)
    return to


def build_of(folder: Path, board: str = "host") -> Build:
    """The newest build of a board."""
    records = (folder / "build" / board).glob("*/build.json")
    return Build.load(max(records, key=lambda path: path.stat().st_mtime))
