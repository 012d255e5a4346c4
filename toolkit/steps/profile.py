"""Ask a device what each layer takes, or have an emulator that counts estimate it; put the build's sizes beside it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from toolkit import workspace
from toolkit.artifacts import Build, Profile, RunningDevice, Runtime
from toolkit.errors import LinkError, ModelError, TinymlError
from toolkit.listener import SILENT, Listener

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.selection import Selection
    from toolkit.workspace import BoardFolder

INPUTS, ESTIMATED = 10, 3
"""How many inputs are asked where nobody says: of a device, and of an emulator that counts, which takes its time."""


def profile(
    board: Board,
    place: BoardFolder,
    build: Build,
    selection: Selection,
    port: str | None,
    *,
    virtual: bool = False,
    listener: Listener = SILENT,
) -> Profile:
    """What each layer costs; writes profile.json, profile.html and profile.svg.

    Args:
        port: of a device that runs this build; None takes what `flash` left, or starts an emulator for the time.
        virtual: use the emulator that stands in for the board.

    Raises:
        ChangedFileError, UsageError, DatasetError: a file or an option is wrong.
        ModelError: this firmware tells of no layers.
        LinkError, EmulatorError: no device can be reached, or it runs something else, or has no counter.
        TinymlError: interrupted.
    """
    from toolkit import emulate
    from toolkit.report import profile as pages
    from toolkit.steps import profile_asked, profile_figures
    from toolkit.steps.flash import check_options

    check_options(board, port, None, virtual=virtual)
    build.check_files()
    if not build.points:
        raise ModelError(f"{build.model} on {build.board} tells of no layers: {_why_untold(build)}", _cure(build))
    if build.runtime is Runtime.TFLM and any(
        each.framework == "host" for each in board.toolchains(build.toolchain, None)
    ):
        raise ModelError(
            "tflm on this computer computes all operators before it tells of the first: no time is any single one's",
            f"tinyml profile --board {board.id} --runtime aot, or another board",
        )
    rows = _rows(build, selection)
    counter = emulate.counter(board.emulator.name) if board.emulator is not None else None
    taken: list[profile_asked.Taken] = []
    unit = ""
    with _reached(board, place, build, port, virtual=virtual, counts=counter is not None, listener=listener) as device:
        if device is not None:
            unit, taken = profile_asked.measured(board, build, rows, device.port, listener)
    if unit:
        counter = None
    else:
        # The board on a desk is another thing than the emulator that stands in for it.
        if counter is None or (device is not None and device.pid is None):
            raise LinkError(
                f"{board.name} has no counter, and so no layer's part can be told", "profile it on another board"
            )
        unit = "cycles"
        rows = rows if selection.limit is not None else rows[:ESTIMATED]
        taken = profile_asked.estimated(counter, board, place, build, rows, listener)
    result = profile_figures.put_together(build, unit, taken, counter)
    result.save(place.profile)
    pages.write(place.profile, result)
    return result


def _why_untold(build: Build) -> str:
    if build.layers:
        return "it was built before layers could be asked for"
    return "its TensorFlow Lite Micro library was built without the strings by which it would"


def _cure(build: Build) -> str:
    again = f"tinyml build --board {build.board}"
    return again if build.layers else f"{again} --runtime aot, or with another library: docs/tflm.md"


def _rows(build: Build, selection: Selection) -> list[bytes]:
    """The inputs, each the input tensors' bytes one after the other."""
    from toolkit import reference
    from toolkit.tflite.ends import ends_of, join
    from toolkit.workloads import prepare

    limit = INPUTS if selection.limit is None else selection.limit
    if limit == 0:
        raise TinymlError("there are no inputs to profile with", "--limit 1 or more")
    inputs = prepare(build, dataclasses.replace(selection, limit=limit))
    io = ends_of(inputs.tflite)
    rows = [
        row.tobytes()
        for samples in inputs.sets
        for row in join(io.inputs, reference.inputs_of(inputs.tflite, samples.inputs, samples.scaling))
    ]
    return rows[:limit]


@contextlib.contextmanager
def _reached(
    board: Board,
    place: BoardFolder,
    build: Build,
    port: str | None,
    *,
    virtual: bool,
    counts: bool,
    listener: Listener,
) -> Iterator[RunningDevice | None]:
    """A device that runs the build; None where the emulator is to count, and no device is asked.

    What is started here is ended here; what runs already goes on.

    Raises:
        LinkError: none is known.
    """
    from toolkit import emulate
    from toolkit.steps import flash

    running = _running(place)
    if port is not None:
        yield RunningDevice(board.id, port, build.build_id)
    elif running is not None and running.build_id == build.build_id and not (virtual and running.pid is None):
        yield running
    elif counts and (virtual or running is None):
        yield None
    elif board.emulated and board.emulator is not None:
        emulator = emulate.load(board.emulator.name)
        device = emulator.start(board, build.image, place.profile_log)
        try:
            yield device
        finally:
            if device.pid is not None:
                emulator.stop(device.pid, device.started)
    elif virtual:
        device = flash.flash(board, place, build, None, virtual=True, listener=listener)
        try:
            yield device
        finally:
            flash.stop(board, place, device)
    elif running is not None:
        raise LinkError(f"{running.port} runs another build than {build.build_id}", "tinyml flash, and then again")
    else:
        more = "" if board.emulator is None else "; --emulate takes what stands in for the board"
        raise LinkError(
            f"no {board.name} is known to run this build", f"tinyml flash first, or name it: --port /dev/ttyACM0{more}"
        )


def _running(place: BoardFolder) -> RunningDevice | None:
    """What `flash` left running, if it still does."""
    from toolkit import process

    device = workspace.running(place)
    gone = device is not None and device.pid is not None and process.start_of(device.pid) != device.started
    return None if gone else device
