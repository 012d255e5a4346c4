"""`tinyml build`: a model's name to an image that fits, and its size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from toolkit import api
from toolkit.artifacts import Build, DType, GateResult
from toolkit.cli import options, output, project
from toolkit.cli.listener import Terminal
from toolkit.errors import ModelError, UsageError
from toolkit.steps.build import Choices


def _show_layers(result: Build) -> None:
    """Flash and work of each fused layer; then the code of kernels that layers call, which may be several."""
    from toolkit.cli import tables

    rows = []
    for layer in result.layers:
        own = result.size.layers.get(layer.name)
        shared = f" + {layer.shared_bytes:,} shared" if layer.shared_bytes else ""
        rows.append(
            (
                layer.name,
                f"{own.constants_bytes if own else layer.constants_bytes:,}{shared}",
                f"{own.code_bytes:,}" if own else "",
                f"{layer.macs:,}",
                " + ".join(layer.operators),
            )
        )
    for kernel, code_bytes in result.size.kernels.items():
        callers = ", ".join(layer.name for layer in result.layers if kernel in layer.kernels)
        rows.append((kernel, "", f"{code_bytes:,}", "", f"for {callers}" if callers else "for other kernels"))
    titles = ("layer", "constants", "code", "MACs", "computes")
    tables.show(titles, rows, figures=("constants", "code", "MACs"), dim=("computes",))


def render(result: Build) -> None:
    """The sizes, against the board's limits."""
    from toolkit.cli import tables

    console = output.stdout()
    model, board = output.plain(result.model), output.plain(result.board)
    console.print(
        f"[bold]{model}[/bold] {result.dtype} for [bold]{board}[/bold], runtime {result.runtime}, "
        f"built with {options.spelt(result.toolchain)}"
    )
    rows = []
    for name, used, limit, owners in (
        ("flash", result.flash_bytes, result.flash_limit, result.size.flash_by_owner),
        ("RAM", result.ram_bytes, result.ram_limit, result.size.ram_by_owner),
    ):
        share = ", ".join(f"{owner} {count:,}" for owner, count in owners.items() if count)
        rows.append((name, f"{used:,}", f"{limit:,}", f"{used / limit:.1%}", share))
    stack = result.size.stack_bytes
    if stack is not None:
        rows.append(("stack", f"{stack:,}", "", "", "kept free for it"))
    tables.show(("bytes", "used", "limit", "%", "by owner"), rows, figures=("used", "limit", "%"), dim=("by owner",))
    if result.layers:
        _show_layers(result)
    console.print(f"model {result.model_bytes:,} bytes, SHA-256 {result.model_sha256[:16]}…, build {result.build_id}")
    if result.original is not None:
        given, changes = output.plain(result.original.name), " and ".join(result.changes)
        console.print(
            f"made of {given}, SHA-256 {result.original_sha256[:16]}…, with {changes}: device and host compute that",
            soft_wrap=True,
        )
    console.print(f"image {output.plain(result.image)}", soft_wrap=True)


def show_gates(held: Sequence[GateResult]) -> None:
    """A line for each."""
    console = output.stdout()
    for each in held:
        console.print(f"gate {output.plain(each.in_words)}", style="green" if each.met else "red", soft_wrap=True)


_FRAMEWORKS = (".keras", ".h5", ".hdf5", ".onnx", ".pt2")
_OF_CALIBRATION = ("calibrate", "data", "inputs", "truth", "scale", "resize")


def _refuse_data_for_nothing(context: typer.Context, model: str, dtype: DType, workspace: Path) -> None:
    """A network that is not converted to int8 has no use for data; what a project file says of them is passed over.

    Raises:
        UsageError: the command line names some.
        ModelError: it would, and is damaged or not there.
    """
    from toolkit.models import conversion

    said = [name for name in _OF_CALIBRATION if options.is_said(context, name)]
    suffix = Path(model).suffix.lower()
    if said and dtype is DType.INT8 and suffix in _FRAMEWORKS and not conversion.is_source(model, workspace):
        what = f"has nothing of a {suffix} file in it" if Path(model).is_file() else "is not there"
        raise ModelError(f"{model} {what}", "check the path, or save it again")
    if said and (dtype is not DType.INT8 or not conversion.is_source(model, workspace)):
        why = f"{model} is no network that is converted" if dtype is DType.INT8 else "float32 needs no calibration"
        raise UsageError(f"--{said[0]} is for a conversion to int8, and {why}", f"leave --{said[0]} out; run takes it")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("build", cls=project.Command)
    def command(
        context: typer.Context,
        board: options.Board,
        model: options.Model = "proposed",
        dtype: options.ModelDType = DType.INT8,
        runtime: options.ModelRuntime = None,
        toolchain: options.Toolchain = None,
        optimise: options.Optimise = "balanced",
        slots: options.Slots = False,
        stream: options.Stream = "auto",
        upright: options.Upright = False,
        float_model: options.FloatModel = None,
        calibrate: options.Calibrate = None,
        data: options.Data = None,
        inputs: options.InputKeys = None,
        truth: options.Truth = None,
        scale: options.Scale = None,
        resize: options.Resize = None,
        gate: options.Gate = None,
        plan: options.Plan = False,
        budget_flash: options.BudgetFlash = None,
        budget_ram: options.BudgetRam = None,
        project_file: options.Project = None,  # noqa: ARG001 - read by the command's class
        workspace_folder: options.Workspace = Path(),
        json: options.Json = False,
        verbose: options.Verbose = False,  # noqa: ARG001 - its callback does it
    ) -> None:
        """Convert a model, generate the firmware project, compile it, and print its size."""
        from toolkit import frontier, gates
        from toolkit.artifacts import to_jsonable
        from toolkit.cli import ways

        asked = gates.parse(gate or ())
        _refuse_data_for_nothing(context, model, dtype, workspace_folder)
        selection = options.selection(None, data, None, scale, inputs, truth, None, None, resize)
        choices: Choices = {
            "dtype": dtype,
            "runtime": runtime,
            "toolchain": toolchain,
            "optimise": optimise,
            "slots": slots,
            "stream": stream,
            "upright": upright,
            "float_model": float_model,
            "calibrate": options.calibration(calibrate, selection),
        }
        more = {}
        if plan or budget_flash or budget_ram:
            if slots:
                raise UsageError("--plan and a budget are for one network", "leave --slots out")
            found = ways.considered(context, board, model, workspace_folder, choices)
            budget = budget_flash or budget_ram
            picked = frontier.pick(found, flash=budget_flash, ram=budget_ram) if budget else None
            more = ways.plain(found, picked)
            if not json:
                ways.show(found, picked)
            if picked is None:
                if json:
                    output.data(more)
                return
            choices.update(picked.choices)
        result = api.build(board, model, workspace=workspace_folder, listener=Terminal(), **choices)
        held = api.gates(result, asked)
        if json:
            output.data(to_jsonable(result) | {"gates": to_jsonable(held)} | more)
        else:
            render(result)
            show_gates(held)
        if missed := [each for each in held if not each.met]:
            output.use_json(False)  # what there is to say is on stdout already
            raise gates.why_not_passed(missed)
