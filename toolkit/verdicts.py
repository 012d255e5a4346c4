"""A verdict belongs to one build: what was said of another one, or is being asked anew, is moved out of the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.artifacts import Build, Verification
from toolkit.errors import TinymlError

if TYPE_CHECKING:
    from toolkit.workspace import BoardFolder

EARLIER = "earlier"
"""Of the builds of one model, type and runtime: `earlier/<build id>/` keeps the last verdict on each."""


def set_aside(place: BoardFolder, *, other_than: Build | None = None) -> Path | None:
    """Move the last verdict and its report to where they are taken for nothing else.

    Args:
        other_than: a verdict on this build stays where it is; None moves any.

    Returns:
        The folder; None if nothing was moved.

    Raises:
        TinymlError: the file system refused.
    """
    if not place.verification.is_file() and not place.report.is_file():
        return None
    try:
        build_id = Verification.load(place.verification).device.build_id
    except TinymlError:
        build_id = "unreadable"
    if other_than is not None and build_id == other_than.build_id:
        return None
    # What the device said of itself: it is to be a folder's name and nothing more.
    folder = place.own / EARLIER / (build_id if build_id.isalnum() else "unreadable")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in (place.verification, place.report):
            if path.is_file():
                path.replace(folder / path.name)
    except OSError as caught:
        raise TinymlError(
            f"cannot write {folder}: {caught.strerror}", "check the permissions of the folder"
        ) from caught
    return folder


def load(place: BoardFolder, build: Build) -> Verification:
    """The last verdict on this build.

    Raises:
        TinymlError: there is none, or the last one is on another build; the message says on which.
    """
    cure = f"tinyml verify --board {build.board}"
    named = f"{build.model} {build.dtype} on {build.board}, build {build.build_id}"
    if not place.verification.is_file():
        raise TinymlError(f"{named} has not been verified yet, or not to the end{_last_set_aside(place)}", cure)
    result = Verification.load(place.verification)
    device = result.device
    if (device.build_id, device.model_sha256) != (build.build_id, build.model_sha256):
        raise TinymlError(
            f"the last verification is of another build: {result.model} {result.dtype} on {result.board}, "
            f"build {device.build_id}; {named} has not been verified",
            cure,
        )
    return result


def _last_set_aside(place: BoardFolder) -> str:
    """Whose the last verdict is, if it was moved away; in words, to be added to a message."""
    kept = sorted((place.own / EARLIER).glob(f"*/{place.verification.name}"), key=lambda path: path.stat().st_mtime)
    if not kept:
        return ""
    try:
        result = Verification.load(kept[-1])
    except TinymlError:
        return f"; an earlier one, which cannot be read, is in {kept[-1].parent}"
    whose = f"{result.model} {result.dtype}, build {result.device.build_id}"
    return f"; the last verification is of {whose}, and is in {kept[-1].parent}"


def unfinished(junit: Path | None, what: str) -> None:
    """Say in the JUnit file, if there is to be one, that there is no verdict yet: an old one must not pass for it.

    Args:
        what: is being verified, in words.

    Raises:
        TinymlError: it cannot be written; better told now than after the run.
    """
    if junit is not None:
        from toolkit.report import junit as junit_report

        junit_report.write_unfinished(junit, what)
