"""`tinyml init`: writes a project file, so that `tinyml run` in its folder needs no option."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli import options, output, project
from toolkit.selection import Selection


def _may_ask() -> bool:
    """Somebody sits there who can answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _ask(question: str, proposed: str, known: tuple[str, ...] = ()) -> str:
    if known:
        output.say(f"here: {', '.join(known)}")
    return str(typer.prompt(question, default=proposed, err=True)).strip()


def _answers(
    folder: Path, model: str | None, board: str | None, data: Path | None
) -> tuple[str | None, str | None, Path | None]:
    """The three that a project begins with, asked for where they were not said."""
    from toolkit.steps import init as step

    if model is None:
        here = step.models_in(folder)
        answer = _ask("model, a file or a name of `tinyml models`", here[0] if here else "proposed", here)
        model = str(folder / answer) if answer in here else answer
    if board is None:
        board = _ask("board, of `tinyml boards`", step.BOARD)
    if data is None:
        here = step.data_in(folder)
        answer = _ask("data, a file or a folder; none for made-up inputs", "none", here)
        data = None if answer in ("none", "") else folder / answer if answer in here else Path(answer).expanduser()
    return model, board, data


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("init")
    def command(
        folder: Annotated[Path, typer.Argument(help="Where tinyml.toml is written; by default this folder.")] = Path(),
        model: Annotated[
            str | None,
            typer.Option(
                "--model", "-m", help="A model of the zoo, or a file; by default the only .tflite (or .keras) there."
            ),
        ] = None,
        data: options.Data = None,
        board: options.OptionalBoard = None,
        inputs: options.InputKeys = None,
        truth: options.Truth = None,
        task: options.TaskKind = None,
        classes: options.Classes = None,
        scale: options.Scale = None,
        resize: options.Resize = None,
        images: options.Images = None,
        limit: options.Limit = None,
        force: Annotated[bool, typer.Option("--force", help="Write over a project file that is there.")] = False,
        schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of project files.")] = False,
        json: options.Json = False,
    ) -> None:
        """Write tinyml.toml by asking the model and the data; on a terminal also you, for what no option says."""
        from toolkit.artifacts import to_jsonable
        from toolkit.steps import init as step

        if schema:
            from toolkit import project_schema

            output.data(project_schema.schema(project.helps(app)))
            return
        step.check_free(folder, force=force)
        if _may_ask() and not json:
            model, board, data = _answers(folder, model, board, data)
        said: Selection = options.selection(limit, data, images, scale, inputs, truth, task, classes, resize)
        entries = step.propose(folder, step.Asked(model, board, said))
        path = step.write(folder, entries, force=force)
        if json:
            output.data(
                {"project": str(path.resolve()), "keys": to_jsonable([each for each in entries if not each.off])}
            )
        else:
            output.line(path.read_text(encoding="utf-8").rstrip("\n"))
            output.say(f"{path} is written; next: tinyml run{'' if folder == Path() else f' --project {folder}'}")
