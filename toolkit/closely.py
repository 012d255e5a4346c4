"""A device looked at closely, layer by layer: what `toolkit.api` gives beside building, flashing and verifying."""

from __future__ import annotations

from pathlib import Path

from toolkit import workspace as workspaces
from toolkit.artifacts import Bisection
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection


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
