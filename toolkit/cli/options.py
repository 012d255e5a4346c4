"""Options that several commands share, defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.artifacts import DType, Runtime
from toolkit.cli import output


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
OptionalBoard = Annotated[
    str | None, typer.Option("--board", "-b", help="A board's id or alias; by default the newest build's.")
]
Model = Annotated[
    str, typer.Option("--model", "-m", callback=_model_at_home, help="A model of the zoo, or a path to any .tflite.")
]
ModelDType = Annotated[DType, typer.Option("--dtype", help="Element type of the model.")]
ModelRuntime = Annotated[
    Runtime | None,
    typer.Option("--runtime", help="aot: straight C. tflm: TensorFlow Lite Micro. By default the board's."),
]
Toolchain = Annotated[
    str | None, typer.Option("--toolchain", help="Which of the board's builders; by default the first.")
]
Optimise = Annotated[str, typer.Option("--optimise", help="What the compiler aims at: speed or size.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=0, help="Only the first N images of MNIST, or so many made-up inputs.")
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", callback=_at_home, help="A folder with MNIST: the four IDX files, gzipped or not, or mnist.npz."
    ),
]
Images = Annotated[
    Path | None,
    typer.Option("--images", callback=_at_home, help="A folder of your own pictures, the label in each file's name."),
]
Junit = Annotated[
    Path | None, typer.Option("--junit", callback=_at_home, help="Also write the verdict as JUnit XML, for CI systems.")
]
PixelValues = Annotated[
    str | None,
    typer.Option(
        "--range",
        help="What black and white are at the input of a network that reads pictures, such as 0..1, -1..1 or 0..255; "
        "by default what its quantisation tells, and 0..1 for float32.",
    ),
]
Ports = Annotated[
    list[str] | None,
    typer.Option("--port", "-p", help="Serial device, socket://host:port or rfc2217://host:port; may be repeated."),
]
