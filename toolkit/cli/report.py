"""`tinyml report`: makes the report again from what the last verification left."""

from __future__ import annotations

from pathlib import Path

import typer

from toolkit import api, verdicts, workspace
from toolkit.cli import options, output, project


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("report", cls=project.Command)
    def command(
        board: options.OptionalBoard = None,
        junit: options.Junit = None,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """Make the HTML report of the newest build's verification again, from its JSON."""
        from toolkit.report import junit as junit_report
        from toolkit.report import summary

        verdicts.unfinished(junit, board or "the newest build")
        with workspace.hold_newest(workspace_folder, board, "report") as (target, _, build):
            done = api.report(build, board=target, workspace=workspace_folder)
            if junit is not None:
                junit_report.write(junit, done.verification)
            if json:
                output.data(summary.to_json(done.verification) | {"report": str(done.report.resolve())})
            else:
                output.line(str(done.report.resolve()))
            if not done.verification.proven:
                output.use_json(False)  # what there is to say is on stdout already
                raise api.why_not_proven(done.verification, done.report)
            if done.verification.missed:
                output.use_json(False)
                from toolkit import gates

                raise gates.why_not_passed(done.verification.missed)
