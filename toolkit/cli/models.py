"""`tinyml models`: the networks of the zoo, and what is trained."""

from __future__ import annotations

from pathlib import Path

import typer

from toolkit.cli import options, output


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("models")
    def command(workspace: options.Workspace = Path(), json: options.Json = False) -> None:
        """List the networks with their parameters, sizes and scores."""
        from toolkit import models, zoo
        from toolkit.artifacts import to_jsonable

        rows = []
        for name in zoo.names():
            architecture = zoo.get(name)
            stored = models.find(name, workspace)
            rows.append(
                {
                    "model": name,
                    "title": architecture.title,
                    "params": architecture.params,
                    "trained": None if stored is None else ("shipped" if stored.shipped else "workspace"),
                    "sizes": stored.card.sizes if stored else {},
                    "accuracy": to_jsonable(stored.card.accuracy) if stored else {},
                }
            )
        if json:
            output.data(rows)
            return
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("model", "parameters", "float32", "int8", "MNIST int8", "external", "trained", ""):
            left = title in ("model", "trained", "")
            table.add_column(title, justify="left" if left else "right", no_wrap=title != "")

        def size(row: dict[str, object], kind: str) -> str:
            sizes = row["sizes"]
            assert isinstance(sizes, dict)
            found = sizes.get(f"{row['model']}_{kind}.tflite")
            return f"{found:,}" if found else ""

        def score(row: dict[str, object], key: str) -> tuple[int, int] | None:
            accuracy = row["accuracy"]
            assert isinstance(accuracy, dict)
            found = accuracy.get(key)
            return (found["correct"], found["total"]) if found else None

        for row in rows:
            digits, external = score(row, "mnist_int8"), score(row, "external_int8")
            table.add_row(
                f"[bold]{row['model']}[/bold]",
                f"{row['params']:,}",
                size(row, "float32"),
                size(row, "int8"),
                f"{digits[0] / digits[1]:.4f}" if digits else "",
                f"{external[0]} of {external[1]}" if external else "",
                str(row["trained"] or f"no: tinyml train {row['model']}"),
                str(row["title"]),
            )
        output.stdout().print(table)
