"""`tinyml models`: the networks of the zoo, and what is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolkit.cli import options, output

if TYPE_CHECKING:
    from toolkit.artifacts import ModelCard


@dataclass(frozen=True)
class Row:
    """A network of the zoo beside its card, if it is trained."""

    model: str
    title: str
    params: int
    trained: str | None
    card: ModelCard | None

    def size(self, dtype: str) -> str:
        """Bytes of the `.tflite`, or nothing."""
        found = self.card.sizes.get(f"{self.model}_{dtype}.tflite") if self.card else None
        return f"{found:,}" if found else ""

    def accuracy(self, key: str) -> str:
        """The score under `key` as a proportion, or nothing."""
        found = self.card.accuracy.get(key) if self.card else None
        return f"{found.correct / found.total:.4f}" if found else ""


def rows(workspace: Path) -> list[Row]:
    """The whole zoo, in its own order."""
    from toolkit import models, zoo

    found = []
    for name in zoo.names():
        architecture = zoo.get(name)
        stored = models.find(name, workspace)
        where = None if stored is None else ("shipped" if stored.shipped else "workspace")
        found.append(Row(name, architecture.title, architecture.params, where, stored.card if stored else None))
    return found


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("models")
    def command(workspace: options.Workspace = Path(), json: options.Json = False) -> None:
        """List the networks with their parameters, sizes and scores."""
        from toolkit.artifacts import to_jsonable

        known = rows(workspace)
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
