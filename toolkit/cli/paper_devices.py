"""`tinyml paper devices`: every trained network on emulated boards, in both types."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import options, output
from toolkit.cli.listener import Terminal
from toolkit.cli.paper_results import NOT_RUN, show

if TYPE_CHECKING:
    from toolkit.paper.devices import DeviceResult


def register(group: typer.Typer) -> None:
    """Add the command."""

    @group.command("devices")
    def command(
        run_them: Annotated[bool, typer.Option("--run", help="Build and run them now; some seconds each.")] = False,
        board: Annotated[
            list[str] | None, typer.Option("--board", "-b", help="An emulated board; may be repeated.")
        ] = None,
        limit: options.Limit = 100,
        data: options.Data = None,
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
    ) -> None:
        """Every trained network on emulated boards, float32 and int8: proven, or refused and why."""
        from toolkit.artifacts import to_jsonable
        from toolkit.paper import devices
        from toolkit.selection import Selection

        if run_them:
            devices.perform_all(board or devices.BOARDS, Selection(limit, data), workspace_folder, Terminal())
        known = devices.results(workspace_folder, board)
        if json:
            output.data([to_jsonable(result) for result in known])
            return
        show(
            "",
            ("board", "model", "type", "outcome", ".tflite", "flash", "RAM", "one inference", "largest difference"),
            [
                (
                    result.board,
                    result.model,
                    result.dtype,
                    result.outcome,
                    *("-" if size is None else f"{size:,}" for size in _sizes(result)),
                    f"{result.median:,} {result.unit}" if result.median is not None else "-",
                    "-" if result.max_difference is None else f"{result.max_difference:g}",
                )
                for result in known
            ]
            or [(NOT_RUN,) * 9],
            text=4,
            keys=3,
        )
        for result in known:
            if result.said:
                output.line(f"{result.board}, {result.model}, {result.dtype}: {result.said}")


def _sizes(result: DeviceResult) -> tuple[int | None, ...]:
    return result.model_bytes, result.flash_bytes, result.ram_bytes
