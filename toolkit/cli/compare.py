"""`tinyml compare`: what changed between two builds, or since a baseline that was kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit import api
from toolkit.cli import options, output, project
from toolkit.errors import UsageError, WorseError

if TYPE_CHECKING:
    from toolkit.comparison import Change, Comparison

_SHOWN = 12
"""Of a hash, where it is shown."""


def _cell(change: Change, value: float | str | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value[:_SHOWN] if change.name.endswith("sha256") else value
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.6g}"


def _by(change: Change) -> str:
    """The difference, with its sign, and as a share of what it was."""
    before, after = change.before, change.after
    if isinstance(before, str) or isinstance(after, str) or before is None or after is None:
        return ""
    apart = after - before
    sign = "+" if apart > 0 else ""
    told = f"{sign}{int(apart):,}" if float(apart).is_integer() else f"{sign}{apart:.3g}"
    return f"{told} ({apart / abs(before):+.1%})" if before and apart else told if apart else ""


def _style(change: Change) -> str:
    return "bold red" if change.worse else "red" if change.better is False else "green" if change.better else ""


def render(compared: Comparison) -> None:
    """What changed, and what is judged though it did not."""
    from rich.text import Text

    from toolkit.cli import tables

    console = output.stdout()
    rows = []
    for each in compared.changes:
        if each.same and each.allowed is None:
            continue
        style = _style(each)
        verdict = "worse" if each.worse else "same" if each.same else "better" if each.better else ""
        cells = (each.name, _cell(each, each.before), _cell(each, each.after), _by(each), verdict)
        rows.append([Text(output.visible(cell), style=style) for cell in cells])
    titles = ("figure", "before", "after", "by", "")
    if rows:
        tables.show(titles, rows, figures=("before", "after", "by"))
    if all(each.same for each in compared.changes):
        console.print("nothing changed")
    for remark in compared.remarks:
        console.print(f"note: {output.plain(remark)}", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("compare", cls=project.Command)
    def command(
        before: Annotated[
            Path | None,
            typer.Argument(help="A build's folder, a workspace, a verification.json or build.json, or a baseline."),
        ] = None,
        after: Annotated[Path | None, typer.Argument(help="Likewise; by default the workspace's newest build.")] = None,
        save: Annotated[
            Path | None, typer.Option("--save", help="Keep the build, by default the newest, as a baseline here.")
        ] = None,
        no_worse: Annotated[
            bool,
            typer.Option("--no-worse", help="Exit code 4 if flash, RAM, ticks, a score or the verdict is worse."),
        ] = False,
        tolerance: Annotated[
            list[str] | None,
            typer.Option(
                "--tolerance",
                help="How much worse a figure may be, with --no-worse: accuracy=0.002, flash_bytes=1%; repeatable.",
            ),
        ] = None,
        sizes: Annotated[
            bool, typer.Option("--sizes", help="Leave out what was verified: for builds that no board has run.")
        ] = False,
        board: options.OptionalBoard = None,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """Show what changed between two builds, or since a baseline that was kept, and whether it is worse."""
        from toolkit import comparison
        from toolkit.artifacts import to_jsonable

        if save is not None:
            if after is not None or no_worse or tolerance or sizes:
                raise UsageError("--save compares nothing", "tinyml compare --save baseline.json")
            kept = api.baseline(before or workspace_folder, board)
            kept.save(save)
            if json:
                output.data(to_jsonable(kept))
            else:
                output.line(f"{kept.identity.model} on {kept.identity.board}, build {kept.identity.build_id}: {save}")
            return
        if before is None:
            raise UsageError("nothing is named to compare with", "tinyml compare baseline.json")
        if tolerance and not no_worse:
            raise UsageError("--tolerance goes with --no-worse", "add --no-worse")
        compared = api.compare(
            api.baseline(before, board),
            api.baseline(after or workspace_folder, board),
            tolerances=comparison.tolerances_of(tolerance or ()),
            sizes_only=sizes,
        )
        if json:
            output.data(to_jsonable(compared) | {"worse": [each.name for each in compared.worse]})
        else:
            render(compared)
        if no_worse and compared.worse:
            output.use_json(False)  # what there is to say is on stdout already
            raise _worse(compared)


def _worse(compared: Comparison) -> WorseError:
    told = "; ".join(
        f"{each.name} was {_cell(each, each.before)}, is {_cell(each, each.after)}" for each in compared.worse
    )
    count = len(compared.worse)
    return WorseError(
        f"{count} {'figure is' if count == 1 else 'figures are'} worse: {told}",
        "mend it; or allow it with --tolerance, or keep it with tinyml compare --save",
    )
