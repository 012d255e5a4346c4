"""`tinyml profile`: what each layer costs, in ticks, flash and RAM."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit import api, closely, workspace
from toolkit.artifacts import Build, DType, Profile
from toolkit.cli import flash as flash_command
from toolkit.cli import options, output, project
from toolkit.cli.listener import Terminal
from toolkit.errors import UsageError

_OF_A_BUILD = ("model", "dtype", "runtime", "toolchain", "optimise", "stream", "upright")
"""Options that ask for a build of their own."""


def render(result: Profile, by: str, page: Path) -> None:
    """The layers, and what there is to know of the figures."""
    from toolkit.cli import tables
    from toolkit.report import profile as report

    console = output.stdout()
    console.print(
        f"[bold]{output.plain(result.model)}[/bold] {result.dtype} on [bold]{output.plain(result.board)}[/bold], "
        f"runtime {result.runtime}: [bold]{report.headline(result)}[/bold]"
    )
    unit, more = ("cycles (est.)" if result.estimate else result.unit), report.more(result)
    columns = {
        "layer": "name",
        "computes": "operators",
        unit: "ticks",
        more: "more",
        "share": "share",
        "MACs": "macs",
        "per MAC": "per_mac",
        "flash": "flash",
        "RAM": "ram",
    }
    rows = report.rows(result, by)
    # A column in which nothing is known, as an interpreter's flash by layer, takes room from those that are.
    titles = [title for title, name in columns.items() if title and any(getattr(row, name) for row in rows)]
    cells = [[getattr(row, columns[title]) for title in titles] for row in rows]
    tables.show(titles, cells, figures=titles[2:], dim=("computes",))
    for remark in report.remarks(result):
        console.print(output.plain(remark), style="dim")
    console.print(f"page: {output.plain(page.resolve())}, picture beside it", soft_wrap=True)


def _by(name: str) -> str:
    from toolkit.report.profile import ORDERS

    if name not in ORDERS:
        raise UsageError(f"--sort {name} is not known", f"one of: {', '.join(ORDERS)}")
    return name


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("profile", cls=project.Command)
    def command(
        context: typer.Context,
        board: options.OptionalBoard = None,
        model: options.Model = "proposed",
        dtype: options.ModelDType = DType.INT8,
        runtime: options.ModelRuntime = None,
        toolchain: options.Toolchain = None,
        optimise: options.Optimise = "balanced",
        stream: options.Stream = "auto",
        upright: options.Upright = False,
        float_model: options.FloatModel = None,
        calibrate: options.Calibrate = None,
        port: Annotated[
            str | None,
            typer.Option("--port", "-p", help="Where a board runs the build; by default where `flash` left it."),
        ] = None,
        virtual: flash_command.Virtual = False,
        limit: options.Limit = None,
        data: options.Data = None,
        scale: options.Scale = None,
        inputs: options.InputKeys = None,
        resize: options.Resize = None,
        sort: Annotated[
            str, typer.Option("--sort", help="ticks, macs, flash or ram: the largest first; or order.")
        ] = "ticks",
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Show what each layer of the newest build costs; with --model, or where there is none, of one built for it."""
        from toolkit.artifacts import to_jsonable

        by = _by(sort)
        selection = options.selection(limit, data, None, scale, inputs, None, None, None, resize)
        asked = [name for name in _OF_A_BUILD if options.is_said(context, name)]
        if board is None and asked:
            raise UsageError(f"--{asked[0]} asks for a build, and no board is named", "--board mps2-an386, or another")

        def made() -> Build:
            return api.build(
                target,
                model,
                dtype=dtype,
                runtime=runtime,
                toolchain=toolchain,
                optimise=optimise,
                stream=stream,
                upright=upright,
                float_model=float_model,
                calibrate=options.calibration(calibrate, selection),
                workspace=workspace_folder,
                listener=Terminal(),
            )

        if board is None:
            target, place, _ = workspace.newest(workspace_folder, None)
        else:
            target = api.board(board, workspace_folder)
            place = workspace.folder(workspace_folder, target)
        with workspace.hold(workspace_folder, target, "profile"):
            fresh = bool(asked) or not any(place.path.glob("*/build.json"))
            build = made() if fresh else workspace.newest(workspace_folder, board or target.id)[2]
            result = closely.profile(
                build,
                selection,
                board=target,
                port=port,
                virtual=virtual,
                workspace=workspace_folder,
                listener=Terminal(),
            )
        page = place.of(build).profile.with_suffix(".html")
        if json:
            output.data(to_jsonable(result) | {"page": str(page.resolve())})
        else:
            render(result, by, page)
