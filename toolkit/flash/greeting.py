"""The last step of every upload: the program on the board says who it is."""

from __future__ import annotations

from toolkit.artifacts import Build
from toolkit.errors import FlashError, LinkError
from toolkit.flash.base import Progress, Step
from toolkit.link import Bounds, Client, open_transport


def confirm(
    port: str, build: Build, baud: int, progress: Progress, bounds: Bounds | None = None, *, quiet: float = 0.0
) -> None:
    """Ask for HELLO and hold its build id against the build's.

    Args:
        port: where the new program is reached.
        bounds: how long to wait; by default as long as any board takes to start.
        quiet: seconds after the opening for which nothing is sent, unless the board speaks first.

    Raises:
        FlashError: nothing answers, or another build does.
    """
    progress(Step("asking the new program who it is"))
    client = Client(lambda: open_transport(port, baud, quiet), bounds)
    try:
        found = client.hello().build_id
    except LinkError as caught:
        raise FlashError(
            f"the image is on the board, but its program does not answer: {caught.message}", caught.hint
        ) from caught
    finally:
        client.close()
    if found != build.build_id:
        raise FlashError(
            f"the board runs build {found}, not {build.build_id} that was to be written",
            "flash again; if it stays so, choose the flash method samba, which verifies every block",
        )
