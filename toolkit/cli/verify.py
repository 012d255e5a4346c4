"""`tinyml verify`: streams every input to the device and compares every output with the host's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit import api, verdicts, workspace
from toolkit.artifacts import Build, Verification
from toolkit.cli import options, output, project
from toolkit.cli.listener import Terminal
from toolkit.selection import TRACED


def render(report: Path, build: Build, result: Verification) -> None:
    """The verdict."""
    from toolkit.report import terminal

    console = output.stdout()
    terminal.render(console, result, build)
    console.print(f"report: {output.plain(report.resolve())}", soft_wrap=True)


def finish(report: Path, build: Build, result: Verification, *, json: bool, junit: Path | None) -> None:
    """Print the verdict; anything but PROVEN with every gate met is an exit code of its own.

    Raises:
        NotProvenError: an output is missing or differs, or all are equal and show little.
        MissedGateError: it is proven, and a gate is not met.
        UndecidedError: the interpreter that is the measure cannot be had here.
    """
    from toolkit.report import junit as junit_report
    from toolkit.report import summary

    if junit is not None:
        junit_report.write(junit, result)
    if json:
        output.data(summary.to_json(result) | {"report": str(report.resolve())})
    else:
        render(report, build, result)
    if not result.proven:
        output.use_json(False)  # the verdict is on stdout already
        raise api.why_not_proven(result, report)
    if result.missed:
        output.use_json(False)
        from toolkit import gates

        raise gates.why_not_passed(result.missed)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("verify", cls=project.Command)
    def command(
        board: options.OptionalBoard = None,
        port: options.Ports = None,
        limit: options.Limit = None,
        data: options.Data = None,
        images: options.Images = None,
        scale: options.Scale = None,
        inputs: options.InputKeys = None,
        truth: options.Truth = None,
        task: options.TaskKind = None,
        classes: options.Classes = None,
        resize: options.Resize = None,
        resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that was interrupted.")] = False,
        trace: options.Trace = TRACED,
        strength: options.Strength = True,
        junit: options.Junit = None,
        gate: options.Gate = None,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Stream every input to the device and compare every output with the host's, byte for byte."""
        from toolkit import gates

        bounds = gates.parse(gate or ())
        selection = options.selection(limit, data, images, scale, inputs, truth, task, classes, resize, trace)
        verdicts.unfinished(junit, board or "the newest build")
        with workspace.hold_newest(workspace_folder, board, "verify") as (target, place, build):
            verdicts.set_aside(place)
            device = api.attach(build, tuple(port or ()), board=target, workspace=workspace_folder)
            result = api.verify(device, selection, gates=bounds, resume=resume, strength=strength, listener=Terminal())
            finish(place.report, build, result, json=json, junit=junit)
