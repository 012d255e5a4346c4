"""`tinyml train`: trains a network of the zoo, converts it, scores it, and stores it in the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import options, output

if TYPE_CHECKING:
    from toolkit.artifacts import ModelCard
    from toolkit.train import Progress

SEED = 1


class ProgressBar:
    """A bar per phase, with the loss and the accuracy on the held-out images, on stderr."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=output.stderr(),
        )
        self._task = self._bar.add_task("train", total=None, status="")

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, at: Progress, title: str = "") -> None:
        """Show where the training stands; `title` comes first."""
        held_out = f"  held-out {at.validation:.4f}" if at.validation is not None else ""
        self._bar.update(
            self._task,
            description=f"{title}{at.phase} epoch {at.epoch}/{at.epochs}",
            total=at.epochs,
            completed=at.epoch - 1 + at.fraction,
            status=f"loss {at.loss:.4f}{held_out}",
        )


def train(model: str, recipe_name: str, seed: int, data: Path | None, workspace: Path) -> ModelCard:
    """Train, convert and score one network; its folder is `build/models/<model>/`.

    Raises:
        TrainError: the recipe is not known or does not suit; TinymlError: interrupted, to be gone on with.
    """
    from toolkit import models, pipeline, zoo
    from toolkit import train as stage
    from toolkit.data import load_external, load_mnist
    from toolkit.errors import TinymlError

    architecture = zoo.get(model)
    recipe = stage.get(recipe_name)
    output.say("loading MNIST")
    training = load_mnist("train", data)
    tests = (load_mnist("test", data), load_external())
    folder = models.workspace_folder(workspace, model)
    checkpoints = folder.with_name(f"{model}.checkpoints") / f"{recipe.name}-{seed}"
    try:
        with ProgressBar() as progress:
            trained = stage.train(architecture, recipe, seed, training, checkpoints=checkpoints, progress=progress)
    except KeyboardInterrupt:
        raise TinymlError(
            "interrupted; every finished epoch is kept", "the same command goes on from the last epoch"
        ) from None
    output.say("converting and scoring")
    return pipeline.store(trained, architecture, recipe, seed, calibration=training, tests=tests, folder=folder)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("train")
    def command(
        model: Annotated[str, typer.Argument(help="A network of the zoo; see `tinyml models`.")] = "proposed",
        recipe: Annotated[
            str, typer.Option("--recipe", help="best: the best that we found. paper: the paper's own 20 epochs.")
        ] = "best",
        seed: Annotated[int, typer.Option("--seed", min=0, help="Of the weights and all random numbers.")] = SEED,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Train a network, convert it to float32 and int8, score both, and store it in the workspace."""
        from toolkit.artifacts import to_jsonable
        from toolkit.models import workspace_folder

        card = train(model, recipe, seed, data, workspace)
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
