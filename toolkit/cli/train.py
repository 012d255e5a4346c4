"""`tinyml train`: trains a network of the zoo, converts it, scores it, and stores it in the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit import api
from toolkit.cli import options, output
from toolkit.cli.listener import Terminal


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("train")
    def command(
        model: Annotated[str, typer.Argument(help="A network of the zoo; see `tinyml models`.")] = "proposed",
        recipe: Annotated[
            str, typer.Option("--recipe", help="best: the best that we found. paper: the paper's own 20 epochs.")
        ] = "best",
        seed: Annotated[int, typer.Option("--seed", min=0, help="Of the weights and all random numbers.")] = api.SEED,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Train a network, convert it to float32 and int8, score both, and store it in the workspace."""
        from toolkit.artifacts import to_jsonable
        from toolkit.models import workspace_folder

        card = api.train(model, recipe=recipe, seed=seed, data=data, workspace=workspace, listener=Terminal())
        if json:
            output.data(to_jsonable(card))
            return
        from toolkit.cli import tables

        rows = [
            (
                key,
                f"{score.correct:,} of {score.total:,}",
                f"{score.correct / score.total:.4f}",
                f"{score.ci95[0]:.4f} to {score.ci95[1]:.4f}",
            )
            for key, score in card.accuracy.items()
        ]
        console = output.stdout()
        console.print(f"[bold]{card.name}[/bold], {card.params:,} parameters, {card.epochs} epochs")
        tables.show(("set and type", "right", "accuracy", "95 % interval"), rows)
        console.print(f"stored in {output.plain(workspace_folder(workspace, card.name))}", soft_wrap=True)
