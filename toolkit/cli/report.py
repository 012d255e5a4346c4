"""`tinyml report`: makes the report again from what the last verification left."""

from __future__ import annotations

from pathlib import Path

import typer

from toolkit import verdicts, workspace
from toolkit.cli import options, output, verify


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("report")
    def command(
        board: options.OptionalBoard = None,
        junit: options.Junit = None,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """Make the HTML report of the newest build's verification again, from its JSON."""
        from toolkit.report import html, summary
        from toolkit.report import junit as junit_report

        verdicts.unfinished(junit, board or "the newest build")
        with workspace.hold_newest(workspace_folder, board, "report") as (_, place, build):
            result = verdicts.load(place, build)
            html.write(place.report, result, build)
            if junit is not None:
                junit_report.write(junit, result)
            if json:
                output.data(summary.to_json(result) | {"report": str(place.report.resolve())})
            else:
                output.line(str(place.report.resolve()))
            if not result.proven:
                output.use_json(False)  # what there is to say is on stdout already
                raise verify.wanting(place, result)
