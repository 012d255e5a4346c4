"""One engine on one board: built, booted, every output verified, instructions, flash and RAM read off."""

from __future__ import annotations

import dataclasses
import statistics
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec

from bench import host
from bench.peers.base import NotForThisNetworkError, Peer
from bench.rows import Row
from toolkit import api, models, project, workloads, workspace
from toolkit import board as boards
from toolkit import build as builders
from toolkit.artifacts import Build, DType, ModelFile, Runtime, Verdict
from toolkit.board import Board
from toolkit.build import size
from toolkit.compiler import compile_model
from toolkit.errors import DoesNotFitError, ModelError
from toolkit.link import Client, Request, open_transport
from toolkit.project import EngineFiles
from toolkit.selection import Selection
from toolkit.steps.build import describe

ENGINE_OWNERS = ("model", "kernels", "engine")
"""Of a size report: what computes the network, without the serial link, the port and the C library."""


def ours(place: Path, board: str, model: str, dtype: DType, optimise: str, images: int) -> Row | None:
    """Our compiler's engine; None if the model does not fit the board, or has no file of this type.

    Args:
        place: the workspace.
        optimise: "speed" or "size".

    Raises:
        SystemExit: the outputs are not the host's: a figure for a wrong answer is worth nothing.
        TinymlError: it could not be built, booted or reached.
    """
    try:
        built = api.build(board, model, dtype=dtype, optimise=optimise, workspace=place)
    except (DoesNotFitError, ModelError) as caught:
        print(f"  {board} {model} {dtype}: {caught.message}", file=sys.stderr)
        return None
    return _measured(place, built, f"tinyml aot, for {optimise}", images)


def peer(place: Path, board: str, which: Peer, dtype: DType, optimise: str, images: int) -> Row | None:
    """Another engine on the proposed network, in a project of the same template; None if it cannot do the network.

    None as well if it does not fit the board.

    Args:
        optimise: GCC's option, such as "-O3".

    Raises:
        SystemExit: the outputs are not the host's.
        TinymlError: the peer's tool is not installed; or it could not be built, booted or reached.
    """
    title = f"{which.title()} {optimise}"
    try:
        built = _built(place, which, boards.load(board), models.resolve("proposed", dtype, place), optimise)
    except (NotForThisNetworkError, DoesNotFitError) as caught:
        print(f"  {title}: {caught}", file=sys.stderr)
        return None
    return dataclasses.replace(_measured(place, built, title, images), peer=True)


def _measured(place: Path, built: Build, engine: str, images: int) -> Row:
    """Boot it, or upload it to the board's virtual stand-in; verify; count."""
    board = boards.load(built.board)
    with api.flash(built, board=board, virtual=not board.emulated, workspace=place) as device:
        result = api.verify(device, Selection(images))
        # Equal but weak will do: twenty images of a network that is sure of itself give few distinct outputs.
        if result.verdict not in (Verdict.PROVEN, Verdict.WEAK) or result.ticks is None:
            raise SystemExit(
                f"{engine} for {board.id}, {built.dtype}, is not equal ({result.verdict}): {result.first_difference}"
            )
        count, unit = _ticks(board, built, device.port, images), str(result.ticks.unit)
    if board.id == "host":
        count, unit = host.instructions(built, images), "instructions"
    return Row(
        engine=engine,
        model=built.model,
        dtype=str(built.dtype),
        board=board.id,
        instructions=count,
        unit=unit,
        flash_bytes=_owned(built.size.flash_by_owner),
        ram_bytes=_owned(built.size.ram_by_owner) + result.device.stack_bytes,
        image_bytes=built.flash_bytes,
        macs=built.macs,
    )


def _ticks(board: Board, built: Build, port: str, images: int) -> int | None:
    """The median over MNIST's first `images` test images, or over seeded inputs for a network of another shape.

    They are sent one at a time: bytes that arrive during an inference are received by interrupts, which would be
    counted as well, and differently each time.
    """
    asked = workloads.assemble(built, Selection(images)).workloads[0]
    requests = [Request(key, asked.kind, row.tobytes()) for key, row in enumerate(asked.inputs)]
    client = Client(partial(open_transport, port, board.serial.baud, board.serial.quiet))
    try:
        answers = [answer for request in requests for answer in client.stream([request])]
    finally:
        client.close()
    return round(statistics.median(answer.ticks for answer in answers))


def _owned(owners: Mapping[str, int]) -> int:
    return sum(owners.get(owner, 0) for owner in ENGINE_OWNERS)


def _built(place: Path, which: Peer, board: Board, model: ModelFile, optimise: str) -> Build:
    """The peer's firmware, laid out and linked as ours is."""
    folder = workspace.folder(place, board).named(model.name, model.dtype, Runtime.AOT)
    own = folder.path / "peer"
    own.mkdir(parents=True, exist_ok=True)
    sources = which.generate(model, own)
    if sources.stack_bytes:
        memory = msgspec.structs.replace(board.memory, stack=sources.stack_bytes)
        board = msgspec.structs.replace(board, memory=memory)
    toolchain = board.toolchain[0]
    builder = builders.load(toolchain.builder)
    version = builder.version()
    made = project.generate(
        board=board,
        toolchain=toolchain,
        runtime=Runtime.AOT,
        model=model,
        files=EngineFiles(("aot_engine.c",), ("aot_memory.h",), sources.files),
        optimise=optimise,
        tool_version=f"{version}, {which.title()}",
        out=folder.project,
        strict=not sources.foreign,
    )
    image = builder.build(made.path, board, toolchain)
    report = size.measure(image.elf or image.image, image.map_file, board)
    size.check(report, board)
    compiled = compile_model(model.path.read_bytes(), isa=board.cpu.isa, fpu=board.cpu.fpu)
    result = dataclasses.replace(
        describe(board, model, Runtime.AOT, toolchain, made, image, report),
        inputs=compiled.inputs,
        outputs=compiled.outputs,
        macs=compiled.macs,
    )
    result.save(folder.build)
    return result
