"""`tinyml export`: a network as a library for a program of your own, with its self-test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit import taken_home
from toolkit.artifacts import DType
from toolkit.cli import options, output, project
from toolkit.cli.listener import Terminal
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.export import Library, Network


def _record(network: Network) -> dict[str, object]:
    test = network.selftest
    return {
        "name": network.name,
        "model": network.title,
        "sha256": network.sha256,
        "macs": network.compiled.macs,
        "arena_bytes": {
            each.cores[-1][0]
            + ("" if len(each.cores) > 1 else "_fpu" if each.cores[0][1] else "_soft"): each.arena_bytes
            for each in network.compiled.lowerings
        },
        "refused": network.compiled.refused,
        "selftest": {
            "seed": test.seed,
            "inputs": test.inputs,
            "crc": test.crc,
            "planted": test.planted,
            "noticed": test.seen,
            "noticed_in_layers": test.seen_in_layers,
            "missing": test.missing,
        },
    }


def render(made: Library, kind: str, out: Path) -> None:
    """What was made, and how strong each self-test is."""
    console = output.stdout()
    for network in made.networks:
        test = network.selftest
        noticed = (
            f"notices {test.seen} of {test.planted} planted faults"
            if test.planted
            else f"its strength was not measured: {test.missing}"
        )
        console.print(
            f"[bold]{network.name}[/bold]: seed {test.seed}, CRC {test.crc:08X}, {test.inputs} inputs; "
            f"{output.plain(noticed)}",
            soft_wrap=True,
        )
        for name, why in network.compiled.refused.items():
            console.print(f"not for {name}: {output.plain(why)}", soft_wrap=True)
    console.print(f"written to {output.plain(out)}, as {options.spelt(kind)}; begin with its README.md", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("export", cls=project.Command)
    def command(
        out: Annotated[
            Path, typer.Option("--out", "-o", help="The folder that is written: a new one, or an earlier export's.")
        ],
        model: options.Models = None,
        kind: Annotated[
            str,
            typer.Option(
                "--as",
                help="For what: folder, cmake, arduino, platformio, zephyr, esp-idf, micropython, cmsis-pack.",
            ),
        ] = "folder",
        name: Annotated[
            list[str] | None,
            typer.Option("--name", help="The prefix of a network's symbols; one for each --model, in the same order."),
        ] = None,
        library: Annotated[str, typer.Option("--library", help="What the library is called.")] = "",
        share_arena: Annotated[
            bool, typer.Option("--share-arena", help="All networks of the library have one arena.")
        ] = False,
        dtype: options.ModelDType = DType.INT8,
        optimise: options.Optimise = "balanced",
        stream: options.Stream = "auto",
        classes: options.Classes = None,
        calibrate: options.Calibrate = None,
        data: options.Data = None,
        inputs: options.InputKeys = None,
        truth: options.Truth = None,
        scale: options.Scale = None,
        resize: options.Resize = None,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Write networks as C for your own program, with a self-test that proves them there."""
        known = {options.spelt(each): each for each in taken_home.kinds()}
        if options.spelt(kind) not in known:
            raise UsageError(f"--as {kind} is not known", f"one of: {', '.join(known)}")
        selection = options.selection(None, data, None, scale, inputs, truth, None, classes, resize)
        made = taken_home.export(
            tuple(model or ("proposed",)),
            known[options.spelt(kind)],
            out.expanduser(),
            names=tuple(name or ()),
            library=library,
            dtype=dtype,
            optimise=optimise,
            stream=stream,
            classes=selection.classes,
            calibrate=options.calibration(calibrate, selection),
            shared_arena=share_arena,
            workspace=workspace_folder,
            listener=Terminal(),
        )
        if json:
            output.data({"library": made.name, "out": str(out), "networks": [_record(each) for each in made.networks]})
        else:
            render(made, kind, out)
