"""Flash method `labgrid`: a board of a farm, at the port `labgrid://PLACE`, by the farm's own drivers.

    power off and on, if the place has it -> the image -> the program says who it is

A board whose file knows a drive (uf2, mass_storage) gets the file onto it, where the place has a mass storage; any
other image goes to the place's BootstrapProtocol driver: OpenOCD, or whatever the user's LG_ENV names. Which driver a
place has and how it is set up is the farm's, and stands in its files; see docs/farm.md.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from toolkit.artifacts import Build
from toolkit.board import Board
from toolkit.errors import FlashError, LinkError
from toolkit.flash import hex_file, mass_storage, uf2, uf2_file
from toolkit.flash.base import Progress, Step, silent
from toolkit.link import labgrid
from toolkit.link.serial_ports import PortLister, connected_ports

PROGRAM = labgrid.PROGRAM
STORAGE = "USBMassStorage"


def suits(board: Board, build: Build | None) -> bool:  # noqa: ARG001 - any board that a farm has
    """True for every build: what flashes a place is the farm's business. It is no board's own: the port asks for it."""
    return build is not None


def tools() -> tuple[str, ...]:
    """The outside programs that are needed."""
    return (PROGRAM,)


def file_for(board: Board, build: Build, folder: Path, *, drive: bool) -> Path:
    """The image as the place's driver takes it: on a drive what the board's file says, else one that knows its address.

    Args:
        folder: where it may be written.
        drive: it goes onto a mass storage.
    """
    start = board.memory.flash.start
    if drive and uf2.suits(board, build):
        path = folder / "FIRMWARE.UF2"
        path.write_bytes(uf2_file.encode(uf2.read_image(build, board), start, uf2.told_of(board).family))
        return path
    if mass_storage.takes_hex(board) if drive else build.image.suffix == ".bin":
        path = folder / "FIRMWARE.HEX"
        path.write_bytes(hex_file.encode(build.read_image(), start))
        return path
    return build.image


def flash(
    board: Board,
    build: Build,
    port: str | None = None,
    progress: Progress = silent,
    *,
    lister: PortLister = connected_ports,  # noqa: ARG001 - the farm knows where it is
) -> str:
    """Put the build's image on the place's board; see `base.Flasher`. The place must be held: see `labgrid.held`."""
    if port is None or not labgrid.is_place(port):
        raise FlashError("the flash method labgrid needs a place", f"--port {labgrid.SCHEME}PLACE")
    place = labgrid.parse(port)
    try:
        if place.has_power():
            progress(Step(f"switching {place.name} off and on"))
            labgrid.cycle(place)
        drive = (uf2.suits(board, build) or mass_storage.suits(board, build)) and place.has(STORAGE)
        with tempfile.TemporaryDirectory(prefix="tinyml-") as folder:
            image = file_for(board, build, Path(folder), drive=drive)
            progress(Step(f"handing {image.name} to {place.name}"))
            (labgrid.write_to_drive if drive else labgrid.bootstrap)(place, image)
    except LinkError as caught:
        raise FlashError(caught.message, _hint(caught)) from caught
    return port


def _hint(caught: LinkError) -> str:
    if "no compatible resource" in caught.message:
        return "name a driver with BootstrapProtocol for this place in the file of LG_ENV; docs/farm.md has one"
    return caught.hint
