"""`tinyml bisect`: a device's layers against the host's, another runtime's or another device's."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from toolkit import workspace
from toolkit.artifacts import Bisection, Build, FirstDifference, Runtime
from toolkit.errors import LinkError, UsageError
from toolkit.link.reach import reach
from toolkit.listener import Listener
from toolkit.steps import trace
from toolkit.steps.trace import Tracer

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.link.client import Client
    from toolkit.reference.layers import Tensors
    from toolkit.selection import Selection
    from toolkit.workloads import Assembled

HOST = "host"
"""What `--against` takes beside a runtime and a port."""


def bisect(
    board: Board,
    build: Build,
    port: str,
    selection: Selection,
    *,
    against: str = HOST,
    only: int | None = None,
    folder: Path = Path(),
    listener: Listener,
) -> Bisection:
    """Trace inputs until all are compared.

    Args:
        port: of the device that runs `build`.
        selection: which inputs; its first `trace` are taken.
        against: HOST, the interpreter that is the measure here; a runtime, which then computes the same network on the
            host board; or the port of a second device that runs another build of this workspace.
        only: this input alone, by its place in the first set.
        folder: the workspace.

    Raises:
        LinkError: a device cannot be reached, or tells of no layers.
        UsageError: `against` or `only` is nothing that is there.
        TinymlError: data, model or the other side's build are wrong.
    """
    from toolkit import reference
    from toolkit import verify as stage
    from toolkit.workloads import compute, prepare

    build.check_files()
    inputs = prepare(build, dataclasses.replace(selection, limit=_limit(selection, only)))
    with ExitStack() as stack:
        client = stack.enter_context(reach(board, port))
        stage.check_identity(client.hello(), build)
        _check_layers(build, client, board.name)
        assembled = compute(build, inputs)
        rows = np.concatenate(assembled.tensors)
        if only is not None and only >= len(rows):
            raise UsageError(f"--input {only} is not there: the set has {len(rows):,} inputs", "they count from 0")
        if against == HOST:
            tracer = trace.tracer(build, client, rows, inputs.tflite)
            told = f"the host's, by {reference.describe(inputs.tflite)}"
        else:
            other, told = stack.enter_context(_other_side(build, against, folder, rows, listener))
            tracer = Tracer(build, client, rows, other)
        return _bisected(tracer, assembled, told, only, selection.trace, listener)


def _limit(selection: Selection, only: int | None) -> int | None:
    if only is not None:
        return only + 1
    return selection.trace if selection.limit is None else min(selection.limit, selection.trace)


def _bisected(
    tracer: Tracer, assembled: Assembled, told: str, only: int | None, count: int, listener: Listener
) -> Bisection:
    from toolkit.verify import layers

    build = tracer.build
    asked = range(min(count, len(tracer.rows))) if only is None else range(only, only + 1)
    answers, hosts = [], []
    with listener.answering("layers") as progress:
        for done, place in enumerate(asked, 1):
            hosts.append(tracer.host(place))
            answers.append(tracer.client.trace(place, tracer.rows[place].tobytes(), layers.wanted(build.points)))
            progress(done, len(asked), done, 0)
    held = layers.hold(build.points, hosts, answers)
    first = None
    if held.first is not None:
        place = asked[held.first[0]]
        located = trace.located_at(tracer, place, assembled.inputs.tflite)
        set_name, index = trace.input_of(assembled, place)
        if located is not None:
            said = f"{_called(assembled, set_name)} {index}: {located.said}"
            first = dataclasses.replace(located, set=set_name, input=index, said=said)
        else:
            first = FirstDifference(f"{_called(assembled, set_name)} {index}: {trace.AS_THE_HOST}", set_name, index)
    return Bisection(build.board, build.model, str(build.runtime), told, held.trace, first)


def _called(assembled: Assembled, name: str) -> str:
    return next(work.called().short for work in assembled.workloads if work.set == name)


def _check_layers(build: Build, client: Client, name: str) -> None:
    """Refuse a device that tells of no layers.

    Raises:
        LinkError: it does not.
    """
    missing = trace.why_not(build, client)
    if missing:
        raise LinkError(f"{name}: {missing}", "build with --runtime aot, which always tells")


@contextmanager
def _other_side(
    build: Build, against: str, folder: Path, rows: npt.NDArray[np.uint8], listener: Listener
) -> Iterator[tuple[trace.Host, str]]:
    """A second device: the tensors that it and the first have in common, and what it is in words."""
    if against in list(Runtime):
        with _on_this_computer(build, Runtime(against), listener) as (other, board, port):
            yield from _traced_beside(build, other, board, port, rows)
        return
    if "/" not in against and ":" not in against and not against.upper().startswith("COM"):
        raise UsageError(
            f"--against {against} is not known", f"{HOST}, {', '.join(Runtime)}, or the port of a second device"
        )
    other, board = _of_port(against, folder, build)
    yield from _traced_beside(build, other, board, against, rows)


def _traced_beside(
    build: Build, other: Build, board: Board, port: str, rows: npt.NDArray[np.uint8]
) -> Iterator[tuple[trace.Host, str]]:
    from toolkit import verify as stage

    with reach(board, port) as client:
        stage.check_identity(client.hello(), other)
        _check_layers(other, client, board.name)
        shared = {point.tensor for point in build.points}

        def tensors(place: int) -> Tensors:
            told = client.trace(place, rows[place].tobytes(), range(len(other.points)))
            pairs = zip(other.points, told.layers, strict=True)
            return {point.tensor: layer.data for point, layer in pairs if point.tensor in shared}

        yield tensors, f"{other.model} on {board.name}, runtime {other.runtime}"


@contextmanager
def _on_this_computer(build: Build, runtime: Runtime, listener: Listener) -> Iterator[tuple[Build, Board, str]]:
    """The same network by a runtime, on the host board."""
    from toolkit import board as boards
    from toolkit.steps import build as builds
    from toolkit.steps import flash

    board = boards.load("host")
    # In a workspace of its own: in the user's it would be the newest build.
    with tempfile.TemporaryDirectory(prefix="tinyml-bisect-") as own:
        request = builds.Request(
            board.id, str(build.model_path), workspace=Path(own), runtime=runtime, upright=build.upright
        )
        with workspace.hold(Path(own), board, "bisect") as place:
            made = builds.build(request, board, listener)
            device = flash.flash(board, place, made, None, virtual=False, listener=listener)
            try:
                yield made, board, device.port
            finally:
                flash.stop(board, place, device)


def _of_port(port: str, folder: Path, build: Build) -> tuple[Build, Board]:
    """The build of this workspace that a device at a port runs."""
    board = workspace.find_board(folder, build.board)
    with reach(board, port) as client:
        hello = client.hello()
    if hello.model_sha256 != build.model_sha256:
        raise UsageError(f"the device at {port} computes another network", "build both sides from one .tflite")
    for path in sorted((folder / "build").glob("*/*/build.json")):
        other = Build.load(path)
        if other.build_id == hello.build_id:
            return other, workspace.find_board(folder, other.board)
    raise UsageError(
        f"the device at {port} runs build {hello.build_id}, which is not in this workspace", "build and flash it here"
    )
