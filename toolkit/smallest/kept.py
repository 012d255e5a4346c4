"""The study's data files: JSON beside the records, read with one clear word where one is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from toolkit.artifacts import sha256_of
from toolkit.errors import ChangedFileError, TrainError

NAMED = "named.json"
"""Which files will be judged, by hash; see `toolkit.smallest.judge`."""

_Row = TypeVar("_Row")


def rows(path: Path, make: Callable[[dict[str, Any]], _Row]) -> tuple[_Row, ...]:
    """What a list of rows holds; nothing where there is no file.

    Raises:
        TrainError: it is damaged.
    """
    try:
        told: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return tuple(make(row) for row in told)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as caught:
        raise damaged(path, caught) from None


def named(folder: Path) -> dict[str, Any]:
    """Of each name: `ships`, a seed, and `files`, their hashes by seed; empty where nothing was named.

    Raises:
        TrainError: the file is damaged.
    """
    path = folder / NAMED
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: {
                "ships": int(what["ships"]),
                "files": {str(int(seed)): str(what["files"][seed]) for seed in what["files"]},
            }
            for name, what in told.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as caught:
        raise damaged(path, caught) from None


def damaged(path: Path, caught: Exception) -> TrainError:
    """That a data file cannot be read."""
    return TrainError(
        f"{path} is damaged: {type(caught).__name__}: {caught}", f"take its last whole state: git checkout {path}"
    )


def digest(path: Path) -> str:
    """SHA-256 of a network's file.

    Raises:
        TrainError: it is missing.
    """
    try:
        return sha256_of(path.read_bytes())
    except OSError as caught:
        raise TrainError(
            f"{path} cannot be read: {caught.strerror}", f"git checkout {path}, or train that pipeline"
        ) from None


def content(path: Path, sha256: str) -> bytes:
    """A file that was named.

    Raises:
        ChangedFileError: it is another than the named one, or missing.
    """
    try:
        found = path.read_bytes()
    except OSError:
        found = b""
    if sha256_of(found) != sha256:
        raise ChangedFileError(
            f"{path} is not the file that {NAMED} names", f"take the file that was named: git checkout {path}"
        )
    return found
