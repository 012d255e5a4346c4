"""`tinyml run`: build, flash, verify in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit import api, verdicts
from toolkit.artifacts import Build, DType
from toolkit.cli import build as build_command
from toolkit.cli import flash as flash_command
from toolkit.cli import options, project
from toolkit.cli import verify as verify_command
from toolkit.cli.listener import Terminal
from toolkit.selection import TRACED


class _Sizes(Terminal):
    """Shows the build's sizes before it is put on the board."""

    def built(self, build: Build) -> None:
        build_command.render(build)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("run", cls=project.Command)
    def command(
        context: typer.Context,
        board: options.Boards,
        model: options.Model = "proposed",
        dtype: options.ModelDType = DType.INT8,
        runtime: options.ModelRuntime = None,
        toolchain: options.Toolchain = None,
        optimise: options.Optimise = "balanced",
        slots: options.Slots = False,
        stream: options.Stream = "auto",
        upright: options.Upright = False,
        float_model: options.FloatModel = None,
        calibrate: options.Calibrate = None,
        port: Annotated[
            str | None, typer.Option("--port", "-p", help="Where the board is; by default it is found by its USB id.")
        ] = None,
        virtual: flash_command.Virtual = False,
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
        junit: options.Junit = None,
        gate: options.Gate = None,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        jobs: Annotated[
            int | None, typer.Option("--jobs", min=1, help="Several boards: at most so many at a time.")
        ] = None,
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Build, flash and verify in one go; an emulated board is stopped again at the end."""
        from toolkit import gates
        from toolkit.cli import run_many

        bounds = gates.parse(gate or ())
        selection = options.selection(limit, data, images, scale, inputs, truth, task, classes, resize, trace)
        # Loaded once, and passed on: what lies in the workspace may be another's by the next step.
        everyone = run_many.asked(board, port, workspace_folder)
        if len(everyone) > 1:
            verdicts.unfinished(junit, f"{model} {dtype} on {len(everyone)} boards")
            fleet, documents = run_many.run(context, everyone, workspace_folder, jobs)
            run_many.finish(fleet, documents, workspace_folder, as_json=json, junit=junit)
            return
        target, port = everyone[0].board, port or everyone[0].port
        api.check_options(target, port, virtual=virtual)
        verdicts.unfinished(junit, f"{model} {dtype} on {target.id}")
        done = api.run(
            target,
            model,
            dtype=dtype,
            runtime=runtime,
            toolchain=toolchain,
            optimise=optimise,
            slots=slots,
            stream=stream,
            upright=upright,
            float_model=float_model,
            calibrate=options.calibration(calibrate, selection),
            port=port,
            virtual=virtual,
            selection=selection,
            gates=bounds,
            strength=strength,
            workspace=workspace_folder,
            listener=Terminal() if json else _Sizes(),
        )
        verify_command.finish(done.report, done.build, done.verification, json=json, junit=junit)
