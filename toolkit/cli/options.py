"""Options that several commands share, defined once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from toolkit.artifacts import DType, Runtime
from toolkit.cli import output
from toolkit.errors import UsageError
from toolkit.selection import TRACED, Selection


def _at_home(path: Path | None) -> Path | None:
    """Option callback: `~` is the user's home also where no shell has seen it, as in `--workspace=~/tiny`."""
    if path is None:
        return None
    try:
        return path.expanduser()
    except RuntimeError:
        raise typer.BadParameter(f"{path}: there is no such user") from None


def _model_at_home(name: str) -> str:
    return str(_at_home(Path(name))) if name.startswith("~") else name


def _models_at_home(names: list[str] | None) -> list[str] | None:
    return names and [_model_at_home(name) for name in names]


def _perhaps_at_home(name: str | None) -> str | None:
    return None if name is None else _model_at_home(name)


def spelt(name: str) -> str:
    """A module's name as the command line spells it: "arduino-cli". Both spellings are taken."""
    return name.replace("_", "-")


Json = Annotated[
    bool, typer.Option("--json", callback=output.use_json, is_eager=True, help="Print one JSON value on stdout.")
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", callback=output.verbose, is_eager=True, help="Show the commands that are run."),
]
Workspace = Annotated[
    Path,
    typer.Option("--workspace", "-C", callback=_at_home, help="The folder whose build/ holds everything that is made."),
]
Board = Annotated[
    str, typer.Option("--board", "-b", help="A board's id or alias (see `tinyml boards`), or a board file of your own.")
]
Boards = Annotated[
    list[str],
    typer.Option(
        "--board",
        "-b",
        help="A board's id or alias (see `tinyml boards`), or a board file of your own; BOARD@PORT for one at a port. "
        "Repeated: several boards side by side, with one report.",
    ),
]
OptionalBoard = Annotated[
    str | None, typer.Option("--board", "-b", help="A board's id or alias; by default the newest build's.")
]
_MODEL = "A model of the zoo, a path to any .tflite, or to a .keras, .h5 or SavedModel, which is converted first."
Model = Annotated[str, typer.Option("--model", "-m", callback=_model_at_home, help=_MODEL)]
Models = Annotated[list[str] | None, typer.Option("--model", "-m", callback=_models_at_home, help=_MODEL)]
FloatModel = Annotated[
    str | None,
    typer.Option(
        "--float",
        callback=_perhaps_at_home,
        help="The float32 network (.keras, .h5, SavedModel, .tflite) that an int8 .tflite was made of: at what cost?",
    ),
]
Calibrate = Annotated[
    Path | None,
    typer.Option(
        "--calibrate",
        callback=_at_home,
        help="The set that a conversion to int8 takes its ranges from, read as --data is; by default --data itself.",
    ),
]
ModelDType = Annotated[DType, typer.Option("--dtype", help="Element type of the model.")]
ModelRuntime = Annotated[
    Runtime | None,
    typer.Option("--runtime", help="aot: straight C. tflm: TensorFlow Lite Micro. By default the board's."),
]
Toolchain = Annotated[
    str | None, typer.Option("--toolchain", help="Which of the board's builders; by default the first.")
]
Slots = Annotated[
    bool, typer.Option("--slots", help="The firmware takes other networks over the link: see tinyml update.")
]
Plan = Annotated[
    bool, typer.Option("--plan", help="Show flash, RAM and instructions of every way to build it, and build none.")
]
BudgetFlash = Annotated[
    int | None, typer.Option("--budget-flash", min=1, help="Take the quickest way of at most so many bytes of flash.")
]
BudgetRam = Annotated[
    int | None, typer.Option("--budget-ram", min=1, help="Take the quickest way of at most so many bytes of RAM.")
]
Optimise = Annotated[
    str,
    typer.Option(
        "--optimise",
        help="What the compiler aims at: balanced, speed (whatever flash it takes) or size.",
    ),
]
Stream = Annotated[
    str,
    typer.Option(
        "--stream",
        help="Layers row by row over a few rows of each tensor: auto, off, on; rows: the input comes row by row too.",
    ),
]
Upright = Annotated[
    bool,
    typer.Option(
        "--upright", help="The device sets pictures upright by their moments first, where a network reads MNIST's."
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", min=0, help="Only the first N inputs, or so many made-up ones.")]
Trace = Annotated[
    int,
    typer.Option(
        "--trace",
        min=0,
        help="Hold every layer of the first N inputs against the host's, of made-up ones all; 0: of none.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        callback=_at_home,
        help="Your own set, a file or a folder: .npz, .npy, CSV, Parquet, IDX, pictures, WAV or raw tensors (see "
        "docs/data.md); or the folder with MNIST's files.",
    ),
]
InputKeys = Annotated[
    str | None,
    typer.Option("--inputs", help="Keys or columns of --data that are the inputs, in the network's order: x1,x2."),
]
Truth = Annotated[
    str | None,
    typer.Option("--truth", help="The key or column of the right answers, or a file with them; none: there are none."),
]
TaskKind = Annotated[
    str | None,
    typer.Option("--task", help="classify, regress, reconstruct or none; by default what the data tell, and said."),
]
Classes = Annotated[
    str | None, typer.Option("--classes", help="What the classes are called: wing,ring,slope, or a file, one a line.")
]
Resize = Annotated[
    str | None,
    typer.Option("--resize", help="stretch, crop or pad: how pictures and recordings are made as large as the input."),
]
Images = Annotated[
    Path | None,
    typer.Option(
        "--images",
        callback=_at_home,
        help="Pictures of your own beside MNIST's, the label in each file's name; for networks that read those.",
    ),
]
Junit = Annotated[
    Path | None, typer.Option("--junit", callback=_at_home, help="Also write the verdict as JUnit XML, for CI systems.")
]
Scale = Annotated[
    str | None,
    typer.Option(
        "--scale",
        "--range",
        help="What the least and the largest element stand for at the input: 0..1, -1..1, 0..255, or MEAN/DEVIATION; "
        "by default what its quantisation tells, and 0..1 for float32.",
    ),
]
Strength = Annotated[
    bool,
    typer.Option(
        "--strength/--no-strength",
        help="Plant faults in the network on the host, and count how many these inputs would have shown.",
    ),
]
Ports = Annotated[
    list[str] | None,
    typer.Option("--port", "-p", help="Serial device, socket://host:port or rfc2217://host:port; may be repeated."),
]
Gate = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        help="A bound to be kept, in place of the project file's: accuracy=0.95, flash_bytes=65536; may be repeated.",
    ),
]
Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        callback=_at_home,
        help="A folder with a tinyml.toml, or such a file; by default the one in this folder, if there is one.",
    ),
]


def is_said(context: typer.Context, name: str) -> bool:
    """Whether an option or argument stands on the command line itself."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def selection(
    limit: int | None,
    data: Path | None,
    images: Path | None,
    scale: str | None,
    inputs: str | None,
    truth: str | None,
    task: str | None,
    classes: str | None,
    resize: str | None,
    trace: int = TRACED,
) -> Selection:
    """What these options say.

    Raises:
        UsageError: one of them says nothing that is known, or a file of class names cannot be read.
    """
    names = _parts(inputs, "--inputs")
    return Selection(limit, data, images, scale, names, truth, task, _names(classes), resize, trace)


def calibration(calibrate: Path | None, selection: Selection) -> Selection:
    """What a conversion is calibrated with: `--calibrate`, read as `--data` is, or `--data`; `--limit` is not of it."""
    if calibrate is None:
        return dataclasses.replace(selection, limit=None)
    truth = selection.truth if selection.truth is None or not Path(selection.truth).is_file() else None
    return dataclasses.replace(selection, data=calibrate, truth=truth, limit=None)


def _names(classes: str | None) -> tuple[str, ...]:
    if classes is None or "," in classes:
        return _parts(classes, "--classes")
    path = Path(classes)
    try:
        if not path.is_file():
            raise ValueError
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        raise UsageError(
            f"--classes {classes} is neither a list nor a file of text", "name them: --classes left,right"
        ) from None
    names = tuple(line.strip() for line in lines)
    if not all(names):
        raise UsageError(f"{path}: line {names.index('') + 1} is empty", "one name a line")
    return names


def _parts(text: str | None, option: str) -> tuple[str, ...]:
    parts = () if text is None else tuple(part.strip() for part in text.split(","))
    if not all(parts):
        raise UsageError(f"{option} {text} has an empty name in it", f"separate names by commas: {option} a,b")
    return parts
