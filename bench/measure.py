"""One engine on one board: built, booted, every output verified, instructions, flash and RAM read off."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from bench import host
from bench.peers.base import NotForThisNetworkError, Peer
from bench.rows import Row
from toolkit import board as boards
from toolkit import build as builders
from toolkit import models, project
from toolkit.artifacts import Build, DType, ModelFile, Runtime, SizeReport
from toolkit.board import Board
from toolkit.build import size
from toolkit.cli import flash, verify, workspace
from toolkit.cli.options import Selection
from toolkit.compiler import compile_model
from toolkit.project import EngineFiles

ROOT = Path(__file__).resolve().parents[1]

ENGINE_OWNERS = ("model", "kernels", "engine")
"""Of a size report: what computes the network, without the serial link, the port and the C library."""


def tinyml(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line of this very checkout."""
    argv = [sys.executable, "-m", "toolkit.cli.main", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def _owned(owners: Mapping[str, int]) -> int:
    return sum(owners.get(owner, 0) for owner in ENGINE_OWNERS)


def ours(place: Path, board: str, model: str, dtype: str, optimise: str, images: int) -> Row | None:
    """Our compiler's engine, by `tinyml run`; None if the model does not fit the board, or has no file of this type.

    Args:
        place: the workspace.

    Raises:
        SystemExit: the outputs are not the host's: a figure for a wrong answer is worth nothing.
    """
    argv = ["run", "--board", board, "--model", model, "--dtype", dtype, "--optimise", optimise]
    argv += ["--limit", str(images), "--json", "-C", str(place), *(["--emulate"] if board == "uno" else [])]
    done = tinyml(*argv)
    if done.returncode in (1, 3):
        print(f"  {board} {model} {dtype}: {done.stderr.strip().splitlines()[-2:]}", file=sys.stderr)
        return None
    if done.returncode != 0:
        raise SystemExit(f"{board} {model} {dtype} is not proven: {done.stderr}")
    verified: dict[str, Any] = json.loads(done.stdout)
    built = Build.load(place / "build" / board / "build.json")
    count, unit = verified["ticks"]["median"], verified["ticks"]["unit"]
    if board == "host":
        count, unit = host.instructions(built, images), "instructions"
    return _row(f"tinyml aot, for {optimise}", built, built.size, count, unit, verified["device"]["stack_bytes"])


def peer(place: Path, which: Peer, dtype: DType, optimise: str, images: int, board: str = "mps2-an386") -> Row | None:
    """Another engine on the proposed network, in a project of the same template; None if it cannot do the network.

    Args:
        optimise: GCC's option, such as "-O3".

    Raises:
        SystemExit: the outputs are not the host's.
    """
    target = boards.load(board)
    model = models.resolve("proposed", dtype, place)
    title = f"{which.title()} {optimise}"
    try:
        built = _built(place, which, target, model, optimise)
    except NotForThisNetworkError as caught:
        print(f"  {title}: {caught}", file=sys.stderr)
        return None
    folder = workspace.folder(place, target)
    try:
        device = flash.flash(target, folder, built, None, virtual=False)
        result = verify.verify(target, folder, built, (device.port,), Selection(images), resume=False)
    finally:
        flash.stop(target, folder)
    if not result.proven or result.ticks is None:
        raise SystemExit(f"{title} {dtype} is not proven: {result.first_difference}")
    stack = result.device.stack_bytes
    row = _row(title, built, built.size, result.ticks.median, str(result.ticks.unit), stack)
    return dataclasses.replace(row, peer=True)


def _built(place: Path, which: Peer, board: Board, model: ModelFile, optimise: str) -> Build:
    """The peer's firmware, laid out and linked as ours is."""
    folder = workspace.folder(place, board)
    own = folder.path / "peer"
    own.mkdir(parents=True, exist_ok=True)
    sources = which.generate(model, own)
    if sources.stack_bytes:
        board = dataclasses.replace(board, memory=dataclasses.replace(board.memory, stack=sources.stack_bytes))
    toolchain = board.toolchain[0]
    builder = builders.load(toolchain.builder)
    version = builder.version()
    made = project.generate(
        board=board,
        toolchain=toolchain,
        runtime=Runtime.AOT,
        model=model,
        files=EngineFiles(("aot_engine.c",), (), sources.files),
        optimise=optimise,
        tool_version=f"{version}, {which.title()}",
        out=folder.project,
    )
    with mock.patch.dict(os.environ, {"WERROR": ""} if sources.foreign else {}):
        image = builder.build(made.path, board, toolchain)
    report = size.measure(image.elf or image.image, image.map_file, board)
    result = Build(
        board=board.id,
        model=model.name,
        dtype=model.dtype,
        runtime=Runtime.AOT,
        toolchain=toolchain.builder,
        project=made.path.resolve(),
        image=image.image.resolve(),
        model_path=(made.path / "model" / f"{model.name}.tflite").resolve(),
        model_bytes=model.size_bytes,
        flash_bytes=report.flash_bytes,
        flash_limit=report.flash_limit,
        ram_bytes=report.ram_bytes,
        ram_limit=report.ram_limit,
        build_id=made.build_id,
        model_sha256=model.sha256,
        size=report,
        macs=compile_model(model.path.read_bytes(), isa=board.cpu.isa, fpu=board.cpu.fpu).macs,
    )
    result.save(folder.build)
    return result


def _row(engine: str, built: Build, report: SizeReport, count: int | None, unit: str, stack: int) -> Row:
    return Row(
        engine=engine,
        model=built.model,
        dtype=str(built.dtype),
        board=built.board,
        instructions=count,
        unit=unit,
        flash_bytes=_owned(report.flash_by_owner),
        ram_bytes=_owned(report.ram_by_owner) + stack,
        image_bytes=built.flash_bytes,
        macs=built.macs,
    )
