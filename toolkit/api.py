"""What `tinyml` does, as functions on objects: for the command line, scripts and notebooks alike.

    build = api.build("mps2-an386", "proposed")
    with api.flash(build) as device:
        verification = api.verify(device, Selection(limit=100))
    print(verification.verdict)

Nothing is printed and nothing exits; who wants to be told how far it is passes a `Listener`. Every error is a
`TinymlError`, with a message and a hint of one line each. A board's folder in the workspace is held while one of these
functions works in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from toolkit import verdicts
from toolkit import workspace as workspaces
from toolkit.artifacts import Baseline, Build, DType, GateResult, ModelCard, Runtime, Verification
from toolkit.device import Device, Outcome
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.comparison import Comparison
    from toolkit.errors import TinymlError
    from toolkit.gates import Gates
    from toolkit.models.listing import Row
    from toolkit.steps.build import Choices, Request
    from toolkit.steps.train import Own

__all__ = [
    "SEED",
    "Baseline",
    "Build",
    "DType",
    "Device",
    "Gates",
    "Listener",
    "Outcome",
    "Runtime",
    "Selection",
    "Verification",
    "attach",
    "baseline",
    "board",
    "build",
    "compare",
    "flash",
    "gates",
    "models",
    "newest",
    "report",
    "run",
    "stop",
    "train",
    "train_own",
    "verify",
    "why_not_proven",
]


def __getattr__(name: str) -> object:
    """`Gates`, when it is asked for: what it is made with takes longer to load than all of `tinyml --help`."""
    if name == "Gates":
        from toolkit.gates import Gates

        return Gates
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


SEED = 1
"""Of a training, unless another is asked for."""


def board(name: str, workspace: Path = Path()) -> Board:
    """The board of an id or alias, or of a board file.

    Raises:
        BoardError: there is none.
    """
    from toolkit import board as boards

    return boards.load(name, workspace)


def models(workspace: Path = Path()) -> list[Row]:
    """The networks of the zoo, and what is trained of them."""
    from toolkit.models import listing

    return listing.rows(workspace)


def train(
    model: str = "proposed",
    *,
    recipe: str = "best",
    seed: int = SEED,
    data: Path | None = None,
    workspace: Path = Path(),
    listener: Listener = SILENT,
) -> ModelCard:
    """Train, convert and score a network of the zoo; it is found by its name from then on.

    Args:
        data: where MNIST lies; None downloads it once.

    Raises:
        TrainError: the recipe is not known or does not suit.
        TinymlError: interrupted, to be gone on with.
    """
    from toolkit.steps import train as step

    return step.train(model, recipe, seed, data, workspace, listener)


def train_own(asked: Own, *, workspace: Path = Path(), listener: Listener = SILENT) -> ModelCard:
    """Train, convert and store a network of the user's own, from a function that makes it.

    Raises:
        UsageError, TrainError, DatasetError: the function, the data or an option is wrong.
        TinymlError: interrupted, to be gone on with.
    """
    from toolkit.steps import train as step

    return step.train_own(asked, workspace, listener)


def build(
    board: str | Board,
    model: str = "proposed",
    *,
    workspace: Path = Path(),
    listener: Listener = SILENT,
    **choices: Unpack[Choices],
) -> Build:
    """Everything from a model's name to an image that fits the board.

    Args:
        model: a name, or a path to a `.tflite`, `.keras`, `.h5` or SavedModel.
        choices: dtype, runtime, toolchain, optimise, calibrate, float_model; `steps.build.Request` has their meaning
            and defaults.

    Raises:
        DoesNotFitError: it was built, and is too big for the board.
        TinymlError: any other step failed, and says which.
    """
    from toolkit.steps.build import Request

    target = _loaded(board, workspace)
    return _build(Request(target.id, model, workspace=workspace, **choices), target, listener)


def newest(board: str | None = None, *, workspace: Path = Path()) -> Build:
    """The last build for a board, or for any.

    Raises:
        TinymlError: there is none.
    """
    return workspaces.newest(workspace, board)[2]


def flash(
    build: Build,
    *,
    board: Board | None = None,
    port: str | None = None,
    virtual: bool = False,
    method: str | None = None,
    workspace: Path = Path(),
    listener: Listener = SILENT,
) -> Device:
    """Put a build on its board, or boot it where the board is emulated.

    Args:
        board: the build's, where the caller has loaded it already.
        port: where a board on a desk is; None finds it by its USB ids.
        virtual: use the emulator that stands in for the board.
        method: None takes the tool that built the sketch, or else the board's own.

    Raises:
        ChangedFileError: model or image are not those that were built.
        FlashError, EmulatorError, LinkError, UsageError: it could not be done; the message says at which step.
    """
    from toolkit.steps import flash as step

    target = board or workspaces.find_board(workspace, build.board)
    with workspaces.hold(workspace, target, "flash") as place:
        record = step.flash(target, place, build, port, virtual=virtual, method=method, listener=listener)
    return Device(target, build, workspace, (record.port,), record)


def attach(build: Build, ports: Sequence[str] = (), *, board: Board | None = None, workspace: Path = Path()) -> Device:
    """A device that runs a build already.

    Args:
        ports: of the boards that share the work; none takes the one that the last `flash` left.

    Raises:
        LinkError: no port is known, or one is named twice.
    """
    from toolkit.link.serial_ports import check_distinct
    from toolkit.steps import verify as step

    check_distinct(tuple(dict.fromkeys(ports)))
    target = board or workspaces.find_board(workspace, build.board)
    given = tuple(dict.fromkeys(ports)) or (step.find_port(target, workspaces.folder(workspace, target)),)
    return Device(target, build, workspace, given)


def stop(board: str | None = None, *, workspace: Path = Path()) -> None:
    """End the emulated board that runs, whatever has become of its build.

    Raises:
        TinymlError: nothing is built for this board, or for any.
    """
    from toolkit.steps import flash as step

    target, place = workspaces.newest_place(workspace, board)
    with workspaces.hold(workspace, target, "flash"):
        step.stop(target, place)


def verify(
    device: Device,
    selection: Selection = EVERYTHING,
    *,
    gates: Gates | None = None,
    resume: bool = False,
    strength: bool = True,
    listener: Listener = SILENT,
) -> Verification:
    """Send inputs to the device and compare every output with the host's, byte for byte; see `Verification.verdict`.

    Args:
        selection: which inputs; by default all that there are for this network.
        gates: bounds to be kept; see `Verification.gates`, `passed`.
        resume: go on with the run that was interrupted.
        strength: plant faults on the host, and count those that the inputs show; it takes some seconds.

    Raises:
        LinkError: the device cannot be reached, runs something else, or fell silent.
        ChangedFileError, UsageError, DatasetError: a file or an option is wrong; nothing was sent.
        TinymlError: interrupted; what was answered is kept.
    """
    from toolkit.steps import verify as step

    with workspaces.hold(device.workspace, device.board, "verify") as place:
        return step.verify(
            device.board,
            place.of(device.build),
            device.build,
            device.ports,
            selection,
            gates=gates,
            resume=resume,
            strength=strength,
            device=device.record,
            listener=listener,
        )


def run(
    board: str | Board,
    model: str = "proposed",
    *,
    port: str | None = None,
    virtual: bool = False,
    selection: Selection = EVERYTHING,
    gates: Gates | None = None,
    strength: bool = True,
    workspace: Path = Path(),
    listener: Listener = SILENT,
    **choices: Unpack[Choices],
) -> Outcome:
    """Build, flash and verify; an emulated board is stopped again at the end.

    The board is loaded once, and what one step made is handed to the next: what lies in the workspace may be another's
    by then.

    Args:
        choices: as of `build`; a network is calibrated with what `selection` names, unless `calibrate` says otherwise.

    Raises:
        UsageError, DatasetError: an option that would be ignored, or no data where they should lie; nothing was built.
        TinymlError: as `build`, `flash` and `verify`.
    """
    from toolkit.data import look
    from toolkit.link.labgrid import held
    from toolkit.steps import flash as step
    from toolkit.steps.build import Request

    target = _loaded(board, workspace)
    check_options(target, port, virtual=virtual)
    look(selection)
    choices.setdefault("calibrate", selection)
    request = Request(target.id, model, workspace=workspace, **choices)
    with workspaces.hold(workspace, target, "run") as place, held((port,)):
        listener.say(f"building {model} {request.dtype} for {target.id}")
        made = _build(request, target, listener)
        listener.built(made)
        own = place.of(made)
        verdicts.set_aside(own)
        device: Device | None = None
        try:
            device = flash(made, board=target, port=port, virtual=virtual, workspace=workspace, listener=listener)
            listener.say(f"{target.name} is running at {device.port}")
            result = verify(device, selection, gates=gates, strength=strength, listener=listener)
        finally:
            step.stop(target, place, None if device is None else device.record)
        return Outcome(made, result, own.report)


def check_options(board: Board, port: str | None, method: str | None = None, *, virtual: bool) -> None:
    """Refuse options of `flash` and `run` that would be ignored, before any time is spent.

    Raises:
        UsageError, FlashError: there is one.
    """
    from toolkit.steps import flash as step

    step.check_options(board, port, method, virtual=virtual)


def report(build: Build, *, board: Board | None = None, workspace: Path = Path()) -> Outcome:
    """Make the HTML report of the build's last verification again.

    Raises:
        TinymlError: this build has not been verified.
    """
    from toolkit.report import html

    target = board or workspaces.find_board(workspace, build.board)
    with workspaces.hold(workspace, target, "report") as place:
        own = place.of(build)
        result = verdicts.load(own, build)
        html.write(own.report, result, build)
    return Outcome(build, result, own.report)


def why_not_proven(verification: Verification, report: Path) -> TinymlError:
    """The error that a verdict other than PROVEN is worth: why, what helps, and an exit code of its own."""
    from toolkit.steps import verify as step

    return step.why_not_proven(verification, report)


def gates(build: Build, asked: Gates) -> tuple[GateResult, ...]:
    """How a build stands against the gates of sizes, before anything is flashed."""
    from toolkit import gates as bounds

    return bounds.judge(asked, build)


def baseline(path: Path, board: str | None = None) -> Baseline:
    """What is kept of a build and its verdict: from its folder, a workspace, or a file; `save` writes it.

    Raises:
        TinymlError: nothing of the kind is there.
    """
    from toolkit import comparison

    return comparison.read(path, board)


def compare(
    before: Baseline, after: Baseline, *, tolerances: Mapping[str, str] | None = None, sizes_only: bool = False
) -> Comparison:
    """What changed from one build to another, and what got worse by more than is allowed.

    Args:
        tolerances: by figure: "0.002", or "1%".
        sizes_only: leave out what was verified.

    Raises:
        UsageError: a tolerance that no figure has.
    """
    from toolkit import comparison

    return comparison.compare(before, after, tolerances=tolerances, sizes_only=sizes_only)


def _loaded(board: str | Board, workspace: Path) -> Board:
    from toolkit import board as boards

    return boards.load(board, workspace) if isinstance(board, str) else board


def _build(request: Request, board: Board, listener: Listener) -> Build:
    from toolkit.steps import build as step

    with workspaces.hold(request.workspace, board, "build"):
        return step.build(request, board, listener)
