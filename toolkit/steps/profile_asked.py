"""What each layer takes, input by input: measured by a device, or counted by an emulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.artifacts import Build
from toolkit.errors import LinkError, TinymlError
from toolkit.link.reach import reach
from toolkit.listener import Listener

if TYPE_CHECKING:
    from toolkit.board import Board
    from toolkit.emulate import Counter
    from toolkit.emulate.counts import Stretch
    from toolkit.link.client import Client
    from toolkit.link.messages import TickUnit
    from toolkit.workspace import BoardFolder


@dataclass(frozen=True)
class Taken:
    """What one input took.

    Attributes:
        whole: ticks of the inference as it always runs.
        layers: ticks of each layer.
        counted: of an estimate: what was counted, the whole inference first.
    """

    whole: int
    layers: tuple[int, ...]
    counted: tuple[Stretch, ...] = ()


def measured(
    board: Board, build: Build, rows: Sequence[bytes], port: str, listener: Listener
) -> tuple[str, list[Taken]]:
    """The unit of the device's ticks, and what each input took; an empty unit where the device has no counter.

    Args:
        rows: the inputs, each the input tensors' bytes one after the other.

    Raises:
        LinkError: the device cannot be reached, runs something else, or fell silent.
        TinymlError: interrupted.
    """
    from toolkit.link.messages import TickUnit

    with reach(board, port) as client:
        unit = _greet(client, build)
        if unit is TickUnit.NONE:
            return "", []
        listener.say(f"asking {port} for {_many(len(rows))}, layer by layer")
        return unit.name.lower(), _converse(client, build, rows)


def estimated(
    counter: Counter, board: Board, place: BoardFolder, build: Build, rows: Sequence[bytes], listener: Listener
) -> list[Taken]:
    """What each input took on an emulator that counts: cycles, as it weighs them.

    Raises:
        EmulatorError, ToolError, LinkError: it did not start, or fell silent.
        TinymlError: interrupted.
    """
    from toolkit.emulate import counts

    if build.row_bytes:
        raise TinymlError(
            f"the virtual {board.name} counts whole inferences, and this build takes its input row by row",
            "--stream on, or --stream auto",
        )
    listener.say(f"counting the instructions of {_many(len(rows))} on a virtual {board.name}")
    file = place.profile_log.with_suffix(".counts")
    device = counter.count(board, build.image, place.profile_log, file)
    try:
        with reach(board, device.port) as client:
            _greet(client, build)
            _converse(client, build, rows)
    finally:
        if device.pid is not None:
            counter.stop(device.pid, device.started)
    wholes, layers = counts.read(file, counts.INVOKE), counts.read(file, counts.TRACE)
    # What is asked again, because an answer was lost, would be counted twice.
    if not len(wholes) == len(layers) == len(rows):
        raise LinkError("the virtual board was asked more often than it answered", "try again")
    return [
        Taken(whole[0].usual, tuple(each.usual for each in traced), (*whole, *traced))
        for whole, traced in zip(wholes, layers, strict=True)
    ]


def _many(inputs: int) -> str:
    return "1 inference" if inputs == 1 else f"{inputs:,} inferences"


def _greet(client: Client, build: Build) -> TickUnit:
    from toolkit.link import check_identity

    hello = client.hello()
    check_identity(hello, build)
    return hello.tick_unit


def _converse(client: Client, build: Build, rows: Sequence[bytes]) -> list[Taken]:
    """Every input in one go, and then every input layer by layer.

    Raises:
        LinkError: the device tells of other layers than the build has, or computes something else with them.
    """
    from toolkit.link.client import Request

    requests = [Request(key, "tensor", row) for key, row in enumerate(rows)]
    try:
        answers = {answer.key: answer for answer in client.stream(requests)}
        taken = []
        for key, row in enumerate(rows):
            trace = client.trace(key, row)
            if len(trace.layers) != len(build.points):
                raise LinkError(
                    f"the device told of {len(trace.layers)} layers, and the build has {len(build.points)}",
                    f"tinyml flash --board {build.board}",
                )
            if trace.output != answers[key].output:
                raise LinkError("layer by layer the device computes something else than in one go", "tinyml verify")
            taken.append(Taken(answers[key].ticks, tuple(layer.ticks for layer in trace.layers)))
        return taken
    except KeyboardInterrupt:
        raise TinymlError("interrupted; nothing was kept", "--limit 1 asks for one inference") from None
