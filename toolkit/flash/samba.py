"""Flash method `samba`: our own client of the Arduino Nano 33 BLE's bootloader; no other program is needed.

    find the board -> touch at 1200 baud -> the bootloader's port -> write and verify -> reset -> the sketch's port

The first page, which holds the vector table, is blanked before anything else and written last: a bootloader that finds
no stack pointer there starts nothing, so that an interrupted upload leaves a board that waits for the next one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError
from toolkit.flash.base import Progress, Step, silent
from toolkit.flash.samba_protocol import BLOCK, DamagedReplyError, Monitor, crc16, pad
from toolkit.flash.usb_board import DOUBLE_TAP, PATIENT, OpenPort, Session, Timing, choose, open_serial, read_image
from toolkit.link.serial_ports import PortLister, UsbPort, connected_ports


def tools() -> tuple[str, ...]:
    """The outside programs that are needed: none."""
    return ()


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any builder's
    """True for a board with Arduino's bootloader for the nRF52840: samba and bossac both talk to it."""
    return board.flash is not None and board.flash.method in ("samba", "bossac")


def flash(
    board: Board,
    build: Build,
    port: str | None = None,
    progress: Progress = silent,
    *,
    lister: PortLister = connected_ports,
    open_port: OpenPort = open_serial,
    timing: Timing = PATIENT,
) -> str:
    """Put the build's image on the board; see `base.Flasher`.

    Args:
        lister: what is connected; another one for an emulated board.
        open_port, timing: for tests.
    """
    image = pad(read_image(build, board))
    target = choose(board, port, lister())
    session = Session(board, target, progress, lister, open_port, timing)
    _upload(session, session.enter_bootloader(), image)
    return session.await_application().device


def _upload(session: Session, bootloader: UsbPort, image: bytes) -> None:
    """Write and verify the whole image, then reset the board."""
    handle = session.open(bootloader.device, 115_200)
    done = -1

    def written(count: int) -> None:
        nonlocal done
        done = count
        session.progress(Step("writing", done, len(image)))

    try:
        monitor = Monitor(handle, session.timing.reply, session.timing.quiet)
        monitor.synchronise()
        monitor.check_device()
        _write_image(monitor, image, written, session.progress, session.timing.attempts)
        # The board may be gone before the command's last byte is known to have left.
        with contextlib.suppress(OSError):
            monitor.reset()
            handle.flush()
    except DamagedReplyError as caught:
        raise FlashError(f"the bootloader does not answer as it should: {caught}", DOUBLE_TAP) from caught
    except OSError as caught:
        if done < 0:
            raise FlashError(f"the connection was lost before anything was written: {caught}", DOUBLE_TAP) from caught
        raise FlashError(
            f"the connection was lost after {done} of {len(image)} bytes: the board holds no complete program",
            f"plug the board in, {DOUBLE_TAP}",
        ) from caught
    finally:
        with contextlib.suppress(OSError):
            handle.close()


def _write_image(
    monitor: Monitor, image: bytes, written: Callable[[int], None], progress: Progress, attempts: int
) -> None:
    blank = b"\xff" * BLOCK
    blocks = {offset: image[offset : offset + BLOCK] for offset in range(0, len(image), BLOCK)}
    written(0)
    _write_verified(monitor, 0, blank, progress, attempts)
    for count, offset in enumerate([*list(blocks)[1:], 0], 1):
        _write_verified(monitor, offset, blocks[offset], progress, attempts)
        written(count * BLOCK)
    # A command whose address was damaged on its way may have hit another block after that one was verified.
    for _ in range(attempts):
        progress(Step("verifying the whole image"))
        wrong = [offset for offset, block in blocks.items() if _crc(monitor, offset, attempts) != crc16(block)]
        if not wrong:
            return
        for offset in wrong:
            _write_verified(monitor, offset, blocks[offset], progress, attempts)
    raise FlashError("the image does not stay intact on the board", "use another cable or USB port, and flash again")


def _write_verified(monitor: Monitor, offset: int, block: bytes, progress: Progress, attempts: int) -> None:
    reason = ""
    for attempt in range(attempts):
        if attempt:
            progress(Step(f"block at {offset:#07x} is written again: {reason}"))
        try:
            if attempt:
                monitor.synchronise()
            monitor.write_block(offset, block)
            found = monitor.crc_of_block(offset)
        except DamagedReplyError as caught:
            reason = str(caught)
            continue
        if found == crc16(block):
            return
        reason = f"its CRC is {found:04X}, not {crc16(block):04X}"
    raise FlashError(
        f"the block at {offset:#07x} could not be written in {attempts} attempts: {reason}",
        "use another cable or USB port, and flash again",
    )


def _crc(monitor: Monitor, offset: int, attempts: int) -> int:
    for _ in range(attempts - 1):
        with contextlib.suppress(DamagedReplyError):
            return monitor.crc_of_block(offset)
        monitor.synchronise()
    return monitor.crc_of_block(offset)
