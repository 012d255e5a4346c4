"""`tinyml train`: trains a network of the zoo or of your own, converts and scores it, stores it in the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit import api
from toolkit.cli import options, output
from toolkit.cli.listener import Terminal
from toolkit.errors import UsageError


def _refuse(context: typer.Context, *names: str) -> None:
    """Raises UsageError where an option is given that is for networks of the user's own."""
    for each in names:
        if options.is_said(context, each):
            raise UsageError(f"--{each} is for a network of your own", "name it: --keras mymodel.py:build")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("train")
    def command(
        context: typer.Context,
        model: Annotated[str, typer.Argument(help="A network of the zoo; see `tinyml models`.")] = "proposed",
        keras: Annotated[
            str | None,
            typer.Option(
                "--keras",
                metavar="FILE:FUNCTION",
                help="A network of your own: a function that returns a keras.Model, compiled or not. Needs --data.",
            ),
        ] = None,
        name: Annotated[
            str | None, typer.Option("--name", help="What a network of your own is called; by default as its file.")
        ] = None,
        recipe: Annotated[
            str | None,
            typer.Option(
                "--recipe",
                help="best: the best that we found (the default). paper: the paper's own 20 epochs. authors: for "
                "efficient-capsnet, images changed as its authors do. own: for --keras, "
                "60 epochs of Adam with a falling rate.",
            ),
        ] = None,
        epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="With --keras: as many as these.")] = None,
        seed: Annotated[int, typer.Option("--seed", min=0, help="Of the weights and all random numbers.")] = api.SEED,
        data: options.Data = None,
        inputs: options.InputKeys = None,
        truth: options.Truth = None,
        task: options.TaskKind = None,
        classes: options.Classes = None,
        scale: options.Scale = None,
        resize: options.Resize = None,
        workspace: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Train a network, convert it to float32 and int8, score both, and store it in the workspace."""
        from toolkit.artifacts import to_jsonable
        from toolkit.models import workspace_folder

        if keras is None:
            _refuse(context, "name", "epochs", "inputs", "truth", "task", "classes", "scale", "resize")
            card = api.train(
                model, recipe=recipe or "best", seed=seed, data=data, workspace=workspace, listener=Terminal()
            )
        else:
            from toolkit.steps.train import Own

            if options.is_said(context, "model"):
                raise UsageError(f"{model} is of the zoo, and --keras {keras} is not", "leave one of the two out")
            selection = options.selection(None, data, None, scale, inputs, truth, task, classes, resize)
            card = api.train_own(
                Own(keras, selection, name, recipe, epochs, seed), workspace=workspace, listener=Terminal()
            )
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
        if rows:
            tables.show(("set and type", "right", "accuracy", "95 % interval"), rows)
        if keras is not None:
            console.print(f"go on with: tinyml run --board mps2-an386 --model {card.name} --data TEST")
        console.print(f"stored in {output.plain(workspace_folder(workspace, card.name))}", soft_wrap=True)
