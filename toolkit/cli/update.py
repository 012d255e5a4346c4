"""`tinyml update`: a new network over the link, proven on the board before it is the one that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit import taken_home
from toolkit.artifacts import DType
from toolkit.cli import options, output, project
from toolkit.cli.listener import Terminal
from toolkit.selection import TRACED


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("update", cls=project.Command)
    def command(
        model: options.Model = "proposed",
        board: options.OptionalBoard = None,
        port: Annotated[
            str | None, typer.Option("--port", "-p", help="Where the board is; by default where flash left it.")
        ] = None,
        dtype: options.ModelDType = DType.INT8,
        float_model: options.FloatModel = None,
        calibrate: options.Calibrate = None,
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
        strength: options.Strength = True,
        gate: options.Gate = None,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Send a network to a board that was built with --slots, prove it there, and only then let it run."""
        from toolkit import gates
        from toolkit.report import summary, terminal

        bounds = gates.parse(gate or ())
        selection = options.selection(limit, data, images, scale, inputs, truth, task, classes, resize, trace)
        made = taken_home.update(
            board,
            model,
            port=port,
            selection=selection,
            gates=bounds,
            strength=strength,
            workspace=workspace_folder,
            listener=Terminal(),
            dtype=dtype,
            float_model=float_model,
            calibrate=options.calibration(calibrate, selection),
        )
        if json:
            told = {"slot": made.slot, "sequence": made.sequence, "bytes": made.bytes}
            output.data(summary.to_json(made.verification) | {"report": str(made.report.resolve()), "update": told})
            return
        console = output.stdout()
        terminal.render(console, made.verification, made.build)
        console.print(f"report: {output.plain(made.report.resolve())}", soft_wrap=True)
        name = output.plain(made.build.model)
        console.print(
            f"{name} runs from slot {made.slot} from now on: update {made.sequence}, {made.bytes:,} bytes",
            soft_wrap=True,
        )
