"""`tinyml bisect`: which layer differs, and from what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit import closely
from toolkit.artifacts import to_jsonable
from toolkit.cli import options, output, project
from toolkit.cli.listener import Terminal
from toolkit.errors import NotProvenError
from toolkit.selection import TRACED

if TYPE_CHECKING:
    from toolkit.artifacts import Bisection


def render(found: Bisection) -> None:
    """The layers as rows, and the first that differs."""
    from rich.text import Text

    from toolkit.cli import tables
    from toolkit.report import text

    inputs = found.trace.inputs
    rows = []
    for layer in found.trace.layers:
        good = layer.equal == inputs
        style = "" if good else "red"
        cells = (
            layer.name,
            " + ".join(layer.operators),
            layer.tensor.split(";")[0],
            f"{layer.equal:,} of {inputs:,}",
            f"{layer.distinct:,}",
        )
        rows.append([Text(output.visible(text.plain(cell)), style=style) for cell in cells])
    tables.show(("layer", "operators", "tensor", "equal", "distinct"), rows, figures=("equal", "distinct"))
    said = f"{found.model} on {found.board}, runtime {found.runtime}, against {found.against}"
    output.stdout().print(output.visible(text.plain(said)), soft_wrap=True, markup=False)
    if found.first_difference is not None:
        output.stdout().print(Text(text.plain(found.first_difference.said), style="red"), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("bisect", cls=project.Command)
    def command(
        board: options.OptionalBoard = None,
        port: Annotated[
            str | None, typer.Option("--port", "-p", help="Where the board is; by default where flash left it.")
        ] = None,
        against: Annotated[
            str,
            typer.Option(
                "--against",
                help="The other side: host (its interpreter), tflm or aot (that runtime, run on this computer), or the "
                "port of a second device with another build of this workspace.",
            ),
        ] = "host",
        only: Annotated[
            int | None, typer.Option("--input", min=0, help="This input alone, by its place in the set, from 0.")
        ] = None,
        limit: options.Limit = None,
        data: options.Data = None,
        images: options.Images = None,
        scale: options.Scale = None,
        inputs: options.InputKeys = None,
        truth: options.Truth = None,
        task: options.TaskKind = None,
        classes: options.Classes = None,
        resize: options.Resize = None,
        trace: options.Trace = TRACED,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Find the first layer, and the first element in it, that a device computes otherwise."""
        selection = options.selection(limit, data, images, scale, inputs, truth, task, classes, resize, trace)
        found = closely.bisect(
            board,
            port=port,
            selection=selection,
            against=against,
            only=only,
            workspace=workspace_folder,
            listener=Terminal(),
        )
        if json:
            output.data(to_jsonable(found) | {"equal": found.equal})
            output.use_json(False)  # what there is to say is on stdout already
        else:
            render(found)
        if found.first_difference is not None:
            raise NotProvenError(
                f"{found.board} differs from {found.against}: {found.first_difference}",
                "build and flash again if a constant is damaged; else try --runtime, --optimise or another compiler",
            )
