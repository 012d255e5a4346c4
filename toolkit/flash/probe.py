"""What the methods share that leave the upload to a debug probe's program: where it runs, its words, the port."""

from __future__ import annotations

import time
from collections.abc import Sequence

from toolkit import process
from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step
from toolkit.flash.usb_board import Timing, choose
from toolkit.link.serial_ports import PortLister

UPLOAD_SECONDS = 180.0


def upload(
    argv: Sequence[str],
    board: Board,
    build: Build,
    port: str | None,
    progress: Progress,
    lister: PortLister,
    timing: Timing,
) -> str:
    """Run `argv` in the folder of the build's image, which it names without a folder; then wait for the serial port.

    Returns:
        `port`, or else that of the one board of this kind that is connected.

    Raises:
        ToolError: the program is not installed.
        FlashError: the program failed, or no port or several appeared.
    """
    process.require(argv[0])
    build.read_image()  # held against its hash; the program reads the file itself
    progress(Step(f"writing and verifying with {argv[0]}", 0, build.flash_bytes))
    done = process.run(argv, timeout=UPLOAD_SECONDS, cwd=build.image.parent, check=False)
    if done.returncode != 0:
        raise FlashError(
            f"{argv[0]} failed (exit {done.returncode}): {process.first_error(done)}",
            "is the board's debug probe connected, and no other program using it? -v shows the command",
        )
    progress(Step(f"writing and verifying with {argv[0]}", build.flash_bytes, build.flash_bytes))
    deadline = time.monotonic() + timing.appear
    while True:
        try:
            return port or choose(board, None, lister()).device
        except FlashError:
            if time.monotonic() > deadline:
                raise
            time.sleep(timing.poll)
