"""Compute the host's outputs, ask the device for the same ones, judge, and write verdict and report."""

from __future__ import annotations

import dataclasses
import datetime
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import __version__, verdicts, workspace
from toolkit import gates as bounds
from toolkit.artifacts import Build, DType, RunningDevice, Verdict, Verification
from toolkit.listener import SILENT, Listener
from toolkit.steps import trace as layers

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.errors import TinymlError
    from toolkit.gates import Gates
    from toolkit.selection import Selection
    from toolkit.workspace import BoardFolder


STANDS_IN = (
    "TensorFlow Lite Micro's interpreter is not to be had for this computer, and our own reading of it does not know "
    "all of this network. What stands in rounds otherwise on about one image in a hundred, so this run cannot decide "
    "anything"
)


def find_port(board: Board, place: BoardFolder) -> str:
    """The port of the device that `flash` left running.

    Raises:
        LinkError: none is known.
    """
    from toolkit.errors import LinkError
    from toolkit.link.serial_ports import example

    device = workspace.running(place)
    if device is None:
        raise LinkError(f"no port is known for {board.id}", f"tinyml flash first, or name it: --port {example()}")
    return device.port


def verify(
    board: Board,
    place: BoardFolder,
    build: Build,
    ports: Sequence[str],
    selection: Selection,
    *,
    gates: Gates | None = None,
    resume: bool,
    strength: bool = True,
    device: RunningDevice | None = None,
    listener: Listener = SILENT,
) -> Verification:
    """The whole check; writes verification.json and report.html.

    The last verdict is set aside at once: whatever stops this run, it does not speak for it.

    Args:
        ports: of the boards that share the work.
        gates: bounds of the user's own, which the run is held against at its end.
        strength: measure how many faults these inputs would have shown, where every output is equal.
        device: what `flash` left running, if the caller knows; by default as the workspace has it.
        listener: is told how far host and device are.

    Raises:
        ChangedFileError: model or image are not those that were built.
        UsageError: an option that cannot apply to this network.
        DatasetError: a picture or a data set that cannot be read.
        LinkError: the device cannot be reached, runs something else, or fell silent.
        TinymlError: interrupted; the journal keeps what was answered.
    """
    from toolkit import reference
    from toolkit import verify as stage
    from toolkit.errors import TinymlError
    from toolkit.link.reach import reach_all
    from toolkit.report import html, pictures
    from toolkit.steps import cost
    from toolkit.steps.strength import judged_by_strength, reaching
    from toolkit.workloads import compute, prepare

    verdicts.set_aside(place)
    build.check_files()
    # What can be wrong on the user's side comes first: the host may compute for a minute, or for an hour.
    inputs = prepare(build, selection)
    for remark in inputs.remarks:
        listener.warn(remark)
    decides = build.dtype is DType.FLOAT32 or reference.decides(inputs.tflite)
    named = reference.describe(inputs.tflite)
    with reach_all(board, ports) as clients:
        try:
            for client in clients.values():
                stage.check_identity(client.hello(), build)
            if strength and inputs.made:
                inputs = reaching(place, build, inputs, listener)
            listener.say(f"computing the host's outputs with {named}")
            if not decides:
                listener.say(STANDS_IN)
            with listener.answering("host") as computing:
                assembled = compute(build, inputs, lambda done, total: computing(done, total, done, 0))
        except KeyboardInterrupt:
            raise TinymlError(
                "interrupted; the device was asked for nothing yet", "--limit 100 asks for fewer images"
            ) from None
        work = assembled.workloads
        journal = stage.Journal(place.journal, stage.run_id(build, work), resume=resume)
        resumed = len(journal.answers)
        try:
            with journal, listener.answering("verify") as progress:
                result = stage.verify(
                    build,
                    work,
                    clients,
                    reference=named,
                    journal=journal,
                    progress=progress,
                    told=inputs.told,
                    decides=decides,
                )
            result = layers.judged_by_layers(result, build, assembled, clients, selection.trace, listener)
        except KeyboardInterrupt:
            answered = len(journal.answers)
            raise TinymlError(f"interrupted after {answered:,} answers", "go on with: tinyml verify --resume") from None
    result = judged_by_strength(result, place, build, assembled, listener, asked=strength)
    result = dataclasses.replace(
        result,
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        port=", ".join(ports),
        emulated=_is_emulated(board, device or workspace.running(place), ports),
        resumed=resumed,
        data=assembled.sources,
        tools={"tinyml": __version__, "Python": platform.python_version(), "reference": named},
    )
    result = dataclasses.replace(result, conversion=cost.of(result, build, assembled, selection, listener))
    result = dataclasses.replace(result, gates=bounds.judge(gates or bounds.NONE, build, result))
    result = pictures.attach(result, assembled.report_images())
    result.save(place.verification)
    # There is nothing to go on with any more: --resume would prove a board that was asked nothing.
    place.journal.unlink(missing_ok=True)
    html.write(place.report, result, build)
    return result


def _is_emulated(board: Board, device: RunningDevice | None, ports: Sequence[str]) -> bool | None:
    """True if the port is that of an emulator which `flash` left running, or the board is never anything else; None if
    nothing is known of it, as of a farm's."""
    from toolkit.link import labgrid

    if board.emulated:
        return True
    if any(labgrid.is_place(port) for port in ports):
        return None
    return None if device is None or list(ports) != [device.port] else device.pid is not None


def why_not_proven(result: Verification, report: Path) -> TinymlError:
    """What a verdict that is not PROVEN ends a command with: why, what helps, and its exit code."""
    from toolkit.errors import NotProvenError, UndecidedError, WeakProofError
    from toolkit.report import text

    if result.verdict is Verdict.WEAK:
        return WeakProofError(f"not proven: {text.headline(result)} {text.why(result)}", text.what_helps(result))
    if result.verdict is Verdict.UNDECIDED:
        return UndecidedError(f"{text.headline(result)} {text.why(result)}", text.what_helps(result))
    failed = result.asked - result.within_tolerance
    if not failed:
        return NotProvenError(
            f"not proven: every output is the host's, but a layer on the way is not; {result.first_difference}",
            f"look at {report}",
        )
    return NotProvenError(
        f"not proven: {failed:,} of {result.asked:,} outputs are missing or differ; "
        f"the first is {result.first_difference}",
        f"look at {report}",
    )
