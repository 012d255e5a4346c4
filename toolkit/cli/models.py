"""`tinyml models`: the networks of the zoo, and what is trained."""

from __future__ import annotations

from pathlib import Path

import typer

from toolkit import api
from toolkit.cli import options, output


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("models")
    def command(workspace: options.Workspace = Path(), json: options.Json = False) -> None:
        """List the networks with their parameters, sizes and scores."""
        from toolkit.artifacts import to_jsonable

        known = api.models(workspace)
        if json:
            output.data([to_jsonable(row) for row in known])
            return
        from toolkit.cli import tables

        figures = ("params", "float32 bytes", "int8 bytes", "MNIST int8", "external int8")
        tables.show(
            ("model", *figures, "trained", "network"),
            [
                (
                    row.model,
                    f"{row.params:,}",
                    row.size("float32"),
                    row.size("int8"),
                    row.accuracy("mnist_int8"),
                    row.accuracy("external_int8"),
                    f"{row.trained}, {row.card.recipe}" if row.card else f"tinyml train {row.model}",
                    row.title,
                )
                for row in known
            ],
            figures=figures,
        )
