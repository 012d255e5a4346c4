"""`tinyml run`: build, flash, verify in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.artifacts import DType, RunningDevice
from toolkit.cli import build as build_command
from toolkit.cli import flash as flash_command
from toolkit.cli import options, output, verdicts, workspace
from toolkit.cli import verify as verify_command
from toolkit.cli.options import Selection


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("run")
    def command(
        board: options.Board,
        model: options.Model = "proposed",
        dtype: options.ModelDType = DType.INT8,
        runtime: options.ModelRuntime = None,
        toolchain: options.Toolchain = None,
        optimise: options.Optimise = "speed",
        port: Annotated[
            str | None, typer.Option("--port", "-p", help="Where the board is; by default it is found by its USB id.")
        ] = None,
        virtual: flash_command.Virtual = False,
        limit: options.Limit = None,
        data: options.Data = None,
        images: options.Images = None,
        pixels: options.PixelValues = None,
        junit: options.Junit = None,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Build, flash and verify in one go; an emulated board is stopped again at the end."""
        from toolkit import board as boards

        # Loaded once, and passed on: what lies in the workspace may be another's by the next step.
        target = boards.load(board, workspace_folder)
        flash_command.check_options(target, port, None, virtual=virtual)
        verdicts.unfinished(junit, f"{model} {dtype} on {target.id}")
        with workspace.hold(workspace_folder, target, "run") as place:
            output.say(f"building {model} {dtype} for {board}")
            request = build_command.Request(board, model, dtype, runtime, toolchain, optimise, workspace_folder)
            made = build_command.build(request, target)
            if not json:
                build_command.render(made)
            verdicts.set_aside(place)
            device: RunningDevice | None = None
            try:
                device = flash_command.flash(target, place, made, port, virtual=virtual)
                output.say(f"{target.name} is running at {device.port}")
                result = verify_command.verify(
                    target,
                    place,
                    made,
                    (device.port,),
                    Selection(limit, data, images, pixels),
                    resume=False,
                    device=device,
                )
            finally:
                flash_command.stop(target, place, device)
            verify_command.finish(place, made, result, json=json, junit=junit)
