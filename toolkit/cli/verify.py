"""`tinyml verify`: streams every image to the device and compares every output with the host's."""

from __future__ import annotations

import dataclasses
import datetime
import platform
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit import __version__
from toolkit.artifacts import Build, DType, RunningDevice, Verdict, Verification
from toolkit.cli import options, output, verdicts, workspace

if TYPE_CHECKING:
    from rich.progress import TaskID

    from toolkit.board import Board
    from toolkit.cli.workspace import BoardFolder
    from toolkit.errors import TinymlError


class ProgressBar:
    """A bar with images per second, on stderr; quiet where stderr is no terminal."""

    def __init__(self, name: str = "verify") -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("[red]{task.fields[trouble]}[/red]"),
            console=output.stderr(),
            transient=True,
        )
        self._name = name
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, done: int, total: int, exact: int, resent: int) -> None:
        """Show that `done` of `total` are answered."""
        if self._task is None:
            self._task = self._bar.add_task(self._name, total=total, completed=done, rate="", trouble="")
        speed = self._bar.tasks[0].finished_speed or self._bar.tasks[0].speed
        trouble = " ".join(
            text
            for text in (f"{done - exact} differ" if exact < done else "", f"{resent} resent" if resent else "")
            if text
        )
        rate = f"{speed:.0f} images/s" if speed else ""
        self._bar.update(self._task, total=total, completed=done, rate=rate, trouble=trouble)


def find_port(board: Board, place: BoardFolder) -> str:
    """The port of the device that `flash` left running.

    Raises:
        LinkError: none is known.
    """
    from toolkit.errors import LinkError

    device = workspace.running(place)
    if device is None:
        raise LinkError(f"no port is known for {board.id}", "tinyml flash first, or name it: --port /dev/ttyACM0")
    return device.port


def verify(
    board: Board,
    place: BoardFolder,
    build: Build,
    ports: Sequence[str],
    selection: options.Selection,
    *,
    resume: bool,
    device: RunningDevice | None = None,
) -> Verification:
    """The whole check; writes verification.json and report.html.

    The last verdict is set aside at once: whatever stops this run, it does not speak for it.

    Args:
        ports: of the boards that share the work.
        device: what `flash` left running, if the caller knows; by default as the workspace has it.

    Raises:
        ChangedFileError: model or image are not those that were built.
        UsageError: an option that cannot apply to this network.
        DatasetError: a picture or a data set that cannot be read.
        LinkError: the device cannot be reached, runs something else, or fell silent.
        TinymlError: interrupted; the journal keeps what was answered.
    """
    from toolkit import reference
    from toolkit import verify as stage
    from toolkit.cli.workloads import compute, prepare
    from toolkit.errors import TinymlError
    from toolkit.link.client import Client
    from toolkit.link.transport import open_transport
    from toolkit.report import html, pictures

    verdicts.set_aside(place)
    build.check_files()
    # What can be wrong on the user's side comes first: the host may compute for a minute, or for an hour.
    inputs = prepare(build, selection)
    decides = build.dtype is DType.FLOAT32 or reference.interpreter_name() == reference.OFFICIAL
    clients = {port: Client(partial(open_transport, port, board.serial.baud, board.serial.quiet)) for port in ports}
    try:
        try:
            for client in clients.values():
                stage.check_identity(client.hello(), build)
            output.say(f"computing the host's outputs with {reference.describe()}")
            if not decides:
                output.say(
                    "TensorFlow Lite Micro's interpreter is not to be had for this computer. The one that stands in "
                    "rounds otherwise on about one image in a hundred, so this run cannot decide anything"
                )
            with ProgressBar("host") as computing:
                assembled = compute(build, inputs, lambda done, total: computing(done, total, done, 0))
        except KeyboardInterrupt:
            raise TinymlError(
                "interrupted; the device was asked for nothing yet", "--limit 100 asks for fewer images"
            ) from None
        work = assembled.workloads
        journal = stage.Journal(place.journal, stage.run_id(build, work), resume=resume)
        resumed = len(journal.answers)
        try:
            with journal, ProgressBar() as progress:
                result = stage.verify(
                    build,
                    work,
                    clients,
                    reference=reference.describe(),
                    journal=journal,
                    progress=progress,
                    told=inputs.told,
                    decides=decides,
                )
        except KeyboardInterrupt:
            answered = len(journal.answers)
            raise TinymlError(f"interrupted after {answered:,} answers", "go on with: tinyml verify --resume") from None
    finally:
        for client in clients.values():
            client.close()
    result = dataclasses.replace(
        result,
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        port=", ".join(ports),
        emulated=_is_emulated(device or workspace.running(place), ports),
        resumed=resumed,
        data=assembled.sources,
        tools={"tinyml": __version__, "Python": platform.python_version(), "reference": reference.describe()},
    )
    result = pictures.attach(result, assembled.report_images())
    result.save(place.verification)
    # There is nothing to go on with any more: --resume would prove a board that was asked nothing.
    place.journal.unlink(missing_ok=True)
    html.write(place.report, result, build)
    return result


def _is_emulated(device: RunningDevice | None, ports: Sequence[str]) -> bool | None:
    """True if the port is that of an emulator which `flash` left running; None if nothing is known of it."""
    return None if device is None or list(ports) != [device.port] else device.pid is not None


def render(place: BoardFolder, build: Build, result: Verification) -> None:
    """The verdict."""
    from toolkit.report import terminal

    console = output.stdout()
    terminal.render(console, result, build)
    console.print(f"report: {output.plain(place.report.resolve())}", soft_wrap=True)


def finish(place: BoardFolder, build: Build, result: Verification, *, json: bool, junit: Path | None) -> None:
    """Print the verdict; anything but PROVEN is an exit code of its own.

    Raises:
        NotProvenError: an output is missing or differs, or all are equal and show little.
        UndecidedError: the interpreter that is the measure cannot be had here.
    """
    from toolkit.report import junit as junit_report
    from toolkit.report import summary

    if junit is not None:
        junit_report.write(junit, result)
    if json:
        output.data(summary.to_json(result) | {"report": str(place.report.resolve())})
    else:
        render(place, build, result)
    if not result.proven:
        output.use_json(False)  # the verdict is on stdout already
        raise wanting(place, result)


def wanting(place: BoardFolder, result: Verification) -> TinymlError:
    """What a verdict that is not PROVEN ends a command with: why, what helps, and its exit code."""
    from toolkit.errors import NotProvenError, UndecidedError, WeakProofError
    from toolkit.report import text

    if result.verdict is Verdict.WEAK:
        return WeakProofError(f"not proven: {text.headline(result)} {text.why(result)}", text.what_helps(result))
    if result.verdict is Verdict.UNDECIDED:
        return UndecidedError(f"{text.headline(result)} {text.why(result)}", text.what_helps(result))
    failed = result.images - result.within_tolerance
    return NotProvenError(
        f"not proven: {failed:,} of {result.images:,} outputs are missing or differ; "
        f"the first is {result.first_difference}",
        f"look at {place.report}",
    )


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("verify")
    def command(
        board: options.OptionalBoard = None,
        port: options.Ports = None,
        limit: options.Limit = None,
        data: options.Data = None,
        images: options.Images = None,
        pixels: options.PixelValues = None,
        resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that was interrupted.")] = False,
        junit: options.Junit = None,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Stream every image to the device and compare every output with the host's, byte for byte."""
        verdicts.unfinished(junit, board or "the newest build")
        with workspace.hold_newest(workspace_folder, board, "verify") as (target, place, build):
            verdicts.set_aside(place)
            ports = tuple(dict.fromkeys(port)) if port else (find_port(target, place),)
            result = verify(target, place, build, ports, options.Selection(limit, data, images, pixels), resume=resume)
            finish(place, build, result, json=json, junit=junit)
