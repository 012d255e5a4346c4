"""The background process: `python -m toolkit.emulate.nano33 --dir DIR [--image FIRMWARE.BIN]`.

It publishes its ports in DIR/ports.json and takes commands, one a line, from the pipe DIR/control.
"""

from __future__ import annotations

import argparse
import logging
import os
import threading
from functools import partial
from pathlib import Path

from toolkit.emulate.nano33.board import BOOTLOADER_ID, BOOTLOADER_MAGIC, COMMANDS, VirtualBoard
from toolkit.emulate.nano33.counting import Counting
from toolkit.emulate.nano33.flash import APPLICATION, SIZE
from toolkit.emulate.uf2_drive import Target, Uf2Drive, info

CONTROL = "control"


def _listen(board: VirtualBoard, pipe: Path) -> None:
    while True:
        with pipe.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.strip() in COMMANDS:
                    board.press(line.strip())
                else:
                    logging.getLogger(__name__).warning("no such command: %r", line)


def _drive(told: str, folder: Path, application: int) -> Uf2Drive:
    """label,family,model,board id -> the bootloader's drive."""
    label, family, model, board_id = told.split(",", 3)
    target = Target(int(family, 0), application, SIZE - application)
    return Uf2Drive(folder / label, info(model, board_id), target)


def main() -> None:
    """Run a virtual board until it is told to quit, or killed."""
    parser = argparse.ArgumentParser(
        prog="python -m toolkit.emulate.nano33", description="A virtual Arduino Nano 33 BLE"
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder for its ports file and its control pipe")
    parser.add_argument("--image", type=Path, help="a program that is in its flash already")
    parser.add_argument("--application", type=partial(int, base=0), default=APPLICATION, help="its address in flash")
    parser.add_argument("--bootloader-id", default=BOOTLOADER_ID, help="the bootloader's USB ids, vid:pid")
    parser.add_argument("--listing", type=Path, help="of --image, by objdump -d: count what it runs")
    parser.add_argument("--counts", type=Path, help="where the counts go; see counting.py")
    parser.add_argument("--touch-value", type=partial(int, base=0), default=BOOTLOADER_MAGIC, help="in GPREGRET")
    parser.add_argument("--uf2", help="the bootloader shows a drive: label,family,model,board id")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(relativeCreated)8d %(message)s")
    arguments.dir.mkdir(parents=True, exist_ok=True)
    counting = None
    if arguments.listing is not None:
        counting = Counting(arguments.listing.read_text(encoding="utf-8"), arguments.counts)
    board = VirtualBoard(
        arguments.dir,
        application=arguments.application,
        bootloader_id=arguments.bootloader_id,
        counting=counting,
        touch_value=arguments.touch_value,
        drive=_drive(arguments.uf2, arguments.dir, arguments.application) if arguments.uf2 else None,
    )
    if arguments.image is not None:
        board.load(arguments.image.read_bytes())
    pipe = arguments.dir / CONTROL
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    threading.Thread(target=_listen, args=(board, pipe), daemon=True).start()
    board.run()


if __name__ == "__main__":
    main()
