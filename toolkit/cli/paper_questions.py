"""`tinyml paper best|authors|epochs|when|harder-data`: what the results say to questions that the paper leaves open."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli import options, output
from toolkit.cli.paper_results import (
    NOT_RUN,
    Bar,
    Train,
    complete,
    percent,
    show,
    with_spread,
)

Fashion = Annotated[
    Path | None, typer.Option("--fashion-data", help="A folder with Fashion-MNIST's four IDX files, gzipped or not.")
]
Plot = Annotated[Path | None, typer.Option("--plot", help="Also draw it, to this .svg file.")]


def register(group: typer.Typer) -> None:
    """Add the questions to `tinyml paper`."""

    @group.command("best")
    def best_command(
        train: Train = False,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """The proposed network by the best recipe: mean over the seeds."""
        from toolkit.artifacts import to_jsonable
        from toolkit.paper import plan, questions

        found = questions.best(complete(plan.best(), workspace, train, data))
        if json:
            output.data(to_jsonable(found))
            return
        show(
            "",
            ("seeds", "float32, %", "int8, %", "external int8"),
            [
                (
                    ", ".join(map(str, found.seeds)) or NOT_RUN,
                    with_spread(found.float32),
                    with_spread(found.int8),
                    ", ".join(f"{right}/10" for right in found.external) or NOT_RUN,
                )
            ],
        )

    @group.command("authors")
    def authors_command(
        train: Train = False,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
        plot: Plot = None,
        json: options.Json = False,
    ) -> None:
        """Efficient-CapsNet on images that are changed as its authors change them, beside the plain training."""
        from toolkit.paper import authors, plan, plots

        known = complete(plan.authors(), workspace, train, data)
        rows = authors.rows(known)
        if plot is not None:
            plots.curves(authors.followed(known), plot, authors.claimed())
        _emit(json, rows, authors.HEADINGS, authors.cells(rows))

    @group.command("epochs")
    def epochs_command(
        train: Train = False,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
        plot: Plot = None,
        json: options.Json = False,
    ) -> None:
        """Were 20 epochs unfair to the large models? Each network followed to 100 epochs, the two largest to 40."""
        from toolkit.paper import plan, plots, questions

        known = complete(plan.epochs(), workspace, train, data)
        rows = questions.epochs(known)
        if plot is not None:
            plots.curves(questions.followed(known), plot)
        _emit(
            json,
            rows,
            ("model", "epochs", "after 20, %", "last five, %", "gain", "training images, %"),
            [
                (
                    row.model,
                    str(row.epochs or NOT_RUN),
                    percent(row.at_20),
                    percent(row.end),
                    NOT_RUN if row.gain is None else f"{100 * row.gain:+.2f}",
                    percent(row.training),
                )
                for row in rows
            ],
        )

    @group.command("harder-data")
    def harder_command(
        train: Train = False,
        data: options.Data = None,
        fashion_data: Fashion = None,
        workspace: options.Workspace = Path(),
        plot: Plot = None,
        json: options.Json = False,
    ) -> None:
        """The same networks on Fashion-MNIST."""
        from toolkit.paper import plan, plots, questions

        rows = questions.harder(complete(plan.harder(), workspace, train, data, fashion_data))
        if plot is not None:
            plots.harder(rows, plot)
        _emit(
            json,
            rows,
            ("model", "MNIST, %", "Fashion-MNIST, %", "difference"),
            [
                (
                    row.model,
                    percent(row.mnist),
                    percent(row.fashion_mnist),
                    NOT_RUN if row.difference is None else f"{100 * row.difference:+.2f}",
                )
                for row in rows
            ],
        )

    _register_when(group)


def _emit(json: bool, rows: Iterable[Any], columns: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> None:
    if json:
        from toolkit.artifacts import to_jsonable

        output.data([to_jsonable(row) for row in rows])
    else:
        show("", columns, lines)


def _register_when(group: typer.Typer) -> None:
    @group.command("when")
    def when_command(
        train: Train = False,
        tensorflow_toolkit: Annotated[
            bool,
            typer.Option(
                "--tensorflow-toolkit", help="With --train: run TensorFlow's own toolkit instead; see docs/paper.md."
            ),
        ] = False,
        data: options.Data = None,
        workspace: options.Workspace = Path(),
        plot: Plot = None,
        json: options.Json = False,
    ) -> None:
        """When do pruning and quantisation pay? Ours, and TensorFlow's own toolkit, on three networks."""
        from toolkit.artifacts import to_jsonable
        from toolkit.cli.listener import Terminal
        from toolkit.paper import plots, questions, results

        if train and tensorflow_toolkit:
            results.run_toolkit(workspace, data=data, listener=Terminal())
        elif train:
            results.compress(workspace, watch=Bar, data=data)
        rows = questions.compression(results.compressed(workspace).values())
        steps = questions.toolkit_steps(results.by_toolkit(workspace).values())
        if plot is not None:
            plots.compression(rows, plot)
        if json:
            output.data({"methods": to_jsonable(list(rows)), "tensorflow_toolkit": to_jsonable(list(steps))})
            return
        show(
            "Pruning and quantisation",
            ("model", "method", "bytes", "zipped", "zeros, %", "test set, %", "change"),
            [
                (
                    row.model,
                    row.method,
                    f"{row.size_bytes:,.0f}",
                    f"{row.zipped_bytes:,.0f}",
                    f"{100 * row.sparsity:.0f}",
                    with_spread(row.accuracy),
                    f"{100 * row.change:+.2f}",
                )
                for row in rows
            ]
            or [(NOT_RUN,) * 7],
            text=2,
        )
        show(
            "\nTensorFlow's own toolkit",
            ("model", "step", "variables", "saved bytes", ".tflite bytes", "test set, %"),
            [
                (
                    result.run.model,
                    step.step,
                    f"{step.parameters:,}",
                    f"{step.saved_bytes:,}",
                    f"{step.tflite_bytes:,}",
                    percent(step.accuracy),
                )
                for result in steps
                for step in result.steps
            ]
            or [(NOT_RUN,) * 6],
            text=2,
        )
