"""A device looked at closely, layer by layer: what `toolkit.api` gives beside building, flashing and verifying."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import workspace as workspaces
from toolkit.artifacts import Bisection, Build, Profile
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from toolkit.board import Board


def bisect(
    board: str | None = None,
    *,
    port: str | None = None,
    selection: Selection = EVERYTHING,
    against: str = "host",
    only: int | None = None,
    workspace: Path = Path(),
    listener: Listener = SILENT,
) -> Bisection:
    """Hold a device's layers against another side's, and find the first that differs.

    Args:
        board: whose newest build runs on the device; None: the newest of all.
        port: of the device; None takes the one that the last `flash` left.
        selection: which inputs; the first `trace` of them.
        against: "host", a runtime, or the port of a second device; see `toolkit.steps.bisect`.
        only: this input alone, by its place in the set.

    Raises:
        LinkError: a device cannot be reached, or tells of no layers.
        TinymlError: nothing is built; an option, data or a file are wrong.
    """
    from toolkit.steps import bisect as step
    from toolkit.steps import verify

    with workspaces.hold_newest(workspace, board, "bisect") as (target, place, build):
        reached = port or verify.find_port(target, place)
        return step.bisect(
            target, build, reached, selection, against=against, only=only, folder=workspace, listener=listener
        )


def profile(
    build: Build,
    selection: Selection = EVERYTHING,
    *,
    board: Board | None = None,
    port: str | None = None,
    virtual: bool = False,
    workspace: Path = Path(),
    listener: Listener = SILENT,
) -> Profile:
    """What each layer of a build costs: ticks, flash, RAM. Page and picture lie beside it in the build's folder.

    Args:
        selection: which inputs; by default the first few.
        board: the build's, where the caller has loaded it already.
        port: of a device that runs this build. None takes the one that `flash` left, or starts an emulator that boots
            images for the time, or one that counts: see `Profile.estimate`.
        virtual: use the emulator that stands in for the board.

    Raises:
        ModelError: this firmware tells of no layers.
        LinkError, EmulatorError: no device can be reached, or it runs something else, or has no counter.
        TinymlError: an option or a file is wrong; interrupted.
    """
    from toolkit.steps import profile as step

    target = board or workspaces.find_board(workspace, build.board)
    with workspaces.hold(workspace, target, "profile") as place:
        return step.profile(target, place.of(build), build, selection, port, virtual=virtual, listener=listener)
