"""`tinyml paper`: the paper's tables from the kept results; --train adds what is missing; `page` writes the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import options, output, paper_devices, paper_questions
from toolkit.cli.paper_results import Train, complete, percent, show, with_spread

if TYPE_CHECKING:
    from toolkit.paper.training_run import Result


def _tables(json: bool, known: dict[str, Result]) -> None:
    from toolkit.artifacts import to_jsonable
    from toolkit.paper import tables

    rows = tables.rows(known)
    if json:
        output.data([to_jsonable(row) for row in tables.networks(rows)])
        return
    for table, name in ((1, "Table I"), (2, "Table II")):
        show(
            f"{name} (the paper's figure in brackets)",
            ("network", "model", "parameters", "KiB", "test set, %", "int8, %", "external", "wrong digits", "seeds"),
            (
                (
                    row.row,
                    row.model,
                    f"{row.params:,} ({row.params_paper:,})",
                    f"{row.size_bytes / 1024:.1f} ({row.size_paper_kb:g})"
                    if row.size_bytes
                    else f"({row.size_paper_kb:g})",
                    f"{with_spread(row.valid_spread)} ({percent(row.valid_paper)})",
                    with_spread(row.int8_spread) if row.int8_spread or not row.seeds else "-",
                    f"{row.test:.2f} ({row.test_paper:.1f})" if row.test is not None else f"({row.test_paper:.1f})",
                    ",".join(row.wrong) if row.wrong else "-",
                    f"{len(row.seeds)}",
                )
                for row in rows
                if row.table == table
            ),
            text=2,
            keys=1,
        )
        output.line("")


def register(app: typer.Typer) -> None:
    """Add the command and its questions."""
    group = typer.Typer()
    app.add_typer(group, name="paper")

    @group.callback(invoke_without_command=True)
    def tables_command(
        context: typer.Context,
        train: Train = False,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """The paper's tables, its figures beside ours, from the kept results; below, its open questions."""
        if context.invoked_subcommand is not None:
            if train or json or data is not None or workspace != Path():
                raise typer.BadParameter("options belong after the question's name")
            return
        from toolkit.paper import plan

        _tables(json, complete(plan.tables(), workspace, train, data))

    paper_questions.register(group)
    paper_devices.register(group)
    _register_page(group)
    _register_capsules(group)


def _register_capsules(group: typer.Typer) -> None:
    @group.command("capsules")
    def capsules_command(
        to: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("build/capsules_mixed.tflite"),
        data: options.Data = None,
        json: options.Json = False,
    ) -> None:
        """Efficient-CapsNet with int8 convolutions and float32 capsules: make it from the trained one, and score it."""
        from toolkit.artifacts import to_jsonable
        from toolkit.data import load_external, load_mnist
        from toolkit.paper import capsules

        made = capsules.make(to, load_mnist("train", data), (load_mnist("test", data), load_external()))
        if json:
            output.data(to_jsonable(made))
            return
        output.line(f"{made.path}: {made.size:,} bytes")
        for name, score in made.scores.items():
            output.line(f"{name}: {score.correct:,} of {score.total:,} right")
        output.line(f"the float32 network: {made.before.correct:,} of {made.before.total:,}")


def _register_page(group: typer.Typer) -> None:
    @group.command("page")
    def page_command(
        to: Annotated[Path, typer.Option("--to", help="The folder for paper.md and its plots.")] = Path("docs"),
        keep: Annotated[
            bool, typer.Option("--keep", help="Also add the workspace's results to the data files of the package.")
        ] = False,
        workspace: options.Workspace = Path(),
    ) -> None:
        """Write the page on the paper, with its plots, from the results."""
        from toolkit.paper.results import Results

        known = Results.of(workspace)
        if keep:
            known.keep()
        output.line(str(known.write_page(to)))
