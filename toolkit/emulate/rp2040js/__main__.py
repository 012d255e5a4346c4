"""The background process: `python -m toolkit.emulate.rp2040js --dir DIR --library INDEX.JS [--image FIRMWARE.BIN]`.

It publishes its ports in DIR/ports.json and takes commands, one a line, from the pipe DIR/control.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from toolkit.emulate.rp2040js.board import VirtualPico

CONTROL = "control"


def main() -> None:
    """Run a virtual Pico until it is told to quit, or killed."""
    parser = argparse.ArgumentParser(prog="python -m toolkit.emulate.rp2040js", description="A virtual Raspberry Pico")
    parser.add_argument("--dir", type=Path, required=True, help="folder for its ports file, drive and control pipe")
    parser.add_argument("--library", type=Path, required=True, help="rp2040js's index.js")
    parser.add_argument("--flash", default="0x10000000,2097152", help="its flash: start,size")
    parser.add_argument("--image", type=Path, help="a program that is in its flash already")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(relativeCreated)8d %(message)s")
    arguments.dir.mkdir(parents=True, exist_ok=True)
    start, size = (int(word, 0) for word in arguments.flash.split(","))
    pipe = arguments.dir / CONTROL
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    # Open for writing too: otherwise its end is reached whenever the last writer has gone.
    commands = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    board = VirtualPico(arguments.dir, arguments.library, start, size)
    try:
        if arguments.image is None:
            board.press("bootsel")
        else:
            board.flash = arguments.image.read_bytes()
            board.power()
        board.run(commands)
    except (EOFError, BrokenPipeError) as caught:
        raise SystemExit(f"the process with the chip has ended: {caught}") from None
    finally:
        board.press("quit")


if __name__ == "__main__":
    main()
