"""A new network over the link: into the slot that does not run, proven there, and only then kept.

Whatever stops this on its way, the board goes on with what it ran before: the slot that runs is not written, and what
is on trial is forgotten at a reset.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.artifacts import Build, BuildSlots, DType, Verification, sha256_of, write_atomically
from toolkit.errors import ChangedFileError, LinkError, TinymlError, UsageError
from toolkit.link.slot_messages import SLOT_BLOCK, SlotCommand, Slots, SlotStatus
from toolkit.listener import SILENT, Listener
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from toolkit.artifacts import ModelFile
    from toolkit.board import Board
    from toolkit.compiler.slots import Slotted
    from toolkit.gates import Gates
    from toolkit.link.client import Client
    from toolkit.steps.build import Request
    from toolkit.workspace import BoardFolder

_SAID = {
    SlotStatus.BAD_PLACE: "there is no such place in its slots",
    SlotStatus.IN_USE: "that slot runs",
    SlotStatus.NOT_WHOLE: "what is in the slot is not whole, or not newer than what runs",
    SlotStatus.MEMORY: "its memory did not take what was written: flash that is worn, or not where the board file says",
    SlotStatus.NO_TRIAL: "no network is on trial: it was reset meanwhile",
}


@dataclass(frozen=True)
class Updated:
    """What came of an update.

    Attributes:
        build: what the board runs now.
        slot: where; sequence: its number, one more with each update.
        bytes: of the image that was sent.
        verification: why it was kept.
        report: to look at.
    """

    build: Build
    slot: int
    sequence: int
    bytes: int
    verification: Verification
    report: Path


@dataclass(frozen=True, eq=False)
class Ready:
    """A network that a firmware can run, before anything is sent.

    Attributes:
        network: taken apart; kernels: of the firmware.
    """

    model: ModelFile
    network: Slotted
    kernels: tuple[tuple[str, str], ...]


def prepare(board: Board, build: Build, model: ModelFile) -> Ready:
    """Hold a network against the firmware that is to run it.

    Raises:
        UsageError: the firmware takes no networks, or lacks kernels, memory or an input type for this one; by name.
        ChangedFileError: what was built in is not there any more, or this tinyml has other kernels.
    """
    from toolkit.compiler import slots

    if build.slots is None:
        _ = board.with_slots  # a board that has no room at all says so
    told = slots_of(build)
    base = slots.take_apart(_built_in(build), isa=board.cpu.isa, fpu=board.cpu.fpu)
    if base.id != told.kernels:
        raise ChangedFileError(
            "this tinyml compiles other kernels than the firmware on the board has",
            f"build and flash again: tinyml build --board {build.board} --slots",
        )
    network = slots.take_apart(model.read(), isa=board.cpu.isa, fpu=board.cpu.fpu)
    slots.check_kernels(network, base.kernels)
    compiled = network.anatomy.compiled
    if compiled.arena_bytes > told.arena_bytes:
        raise UsageError(
            f"the network needs {compiled.arena_bytes:,} bytes for its tensors, and the firmware keeps "
            f"{told.arena_bytes:,}",
            "a smaller network; or `arena` in the board file's [slots], and build and flash again",
        )
    if model.dtype is DType.FLOAT32 and base.anatomy.compiled.inputs[0].dtype.name != "FLOAT32":
        raise UsageError(
            "the firmware was built for a network of integers, and this one's input is float32",
            "build and flash a firmware for it: tinyml build --slots",
        )
    return Ready(model, network, base.kernels)


def slots_of(build: Build) -> BuildSlots:
    """Where a firmware takes networks.

    Raises:
        UsageError: it takes none.
    """
    if build.slots is None:
        raise UsageError(
            f"the firmware for {build.board} takes no networks over the link: it was built without --slots",
            f"tinyml build --board {build.board} --slots, then tinyml flash",
        )
    return build.slots


def _built_in(build: Build) -> bytes:
    due = slots_of(build).model_sha256
    for path in sorted((build.project / "model").glob("*.tflite")):
        data = path.read_bytes()
        if sha256_of(data) == due:
            return data
    raise ChangedFileError(
        f"the network that was built into the firmware is no longer in {build.project / 'model'}",
        f"build and flash again: tinyml build --board {build.board} --slots",
    )


def image(board: Board, build: Build, ready: Ready, slot: int, sequence: int, place: Path) -> bytes:
    """The image of a network for a slot.

    Raises:
        UsageError: it is too large.
        ToolError, BuildError: it could not be compiled.
    """
    from toolkit.build import slot_image
    from toolkit.compiler import slots

    told = slots_of(build)
    start = told.start + (slot - 1) * told.each
    source = slots.image(ready.network, ready.kernels)
    payload = slot_image.link(source, board, build.toolchain, start, place)
    made = slot_image.headed(payload, start=start, sequence=sequence, build_id=build.build_id)
    if len(made) > told.each:
        raise UsageError(
            f"the network's image has {len(made):,} bytes, and a slot of {board.name} {told.each:,}",
            "a smaller network (tinyml models)",
        )
    return made


def send(client: Client, each: int, slot: int, made: bytes, told: Callable[[int], None] = lambda _: None) -> None:
    """Write an image to a slot, block by block, its header first: whatever was there is no image any more.

    Args:
        each: bytes of a slot; told: hears how many bytes are written.

    Raises:
        LinkError: the device refuses, or fell silent.
    """
    for at in range(0, len(made), SLOT_BLOCK):
        check(client.slot_write((slot - 1) * each + at, made[at : at + SLOT_BLOCK]))
        told(min(at + SLOT_BLOCK, len(made)))


def check(answer: Slots) -> Slots:
    """Refuse what the device did not do.

    Raises:
        LinkError: it says why.
    """
    if answer.status == SlotStatus.OK:
        return answer
    try:
        why = _SAID[SlotStatus(answer.status)]
    except (KeyError, ValueError):
        why = f"status {answer.status}"
    raise LinkError(f"the device refuses the new network: {why}", "it goes on with what it ran; try again")


def described(build: Build, ready: Ready, path: Path) -> Build:
    """The record of a firmware that runs a network from a slot.

    Args:
        path: where its .tflite lies from now on.
    """
    compiled, model = ready.network.anatomy.compiled, ready.model
    return dataclasses.replace(
        build,
        model=model.name,
        dtype=model.dtype,
        model_path=path.resolve(),
        model_bytes=model.size_bytes,
        model_sha256=model.sha256,
        inputs=compiled.inputs,
        outputs=compiled.outputs,
        macs=compiled.macs,
        arena_bytes=compiled.arena_bytes,
        layers=compiled.layers,
        plan=compiled.plan,
        points=compiled.points,
        card=None,
        original=model.original,
        original_sha256=model.original_sha256,
        changes=model.changes,
        agreement=None,
        floats=None,
        elf=None,  # its symbols are another network's
    ).sealed()


def update(
    board: Board,
    place: BoardFolder,
    build: Build,
    request: Request,
    ports: Sequence[str] = (),
    selection: Selection = EVERYTHING,
    *,
    gates: Gates | None = None,
    strength: bool = True,
    listener: Listener = SILENT,
) -> Updated:
    """The whole way; see the module.

    Args:
        build: what runs on the board.
        request: which network; its `model`, `dtype`, `calibrate` and `float_model` are read.
        ports: of the board; none takes the one that the last `flash` left.
        selection: the inputs with which it is proven.

    Raises:
        UsageError, ChangedFileError: it cannot run there; nothing was sent.
        NotProvenError, WeakProofError, UndecidedError, MissedGateError: it was not kept.
        LinkError: the device refuses, is another one, or fell silent.
    """
    from toolkit.link.client import Client
    from toolkit.link.transport import open_transport
    from toolkit.steps import sources
    from toolkit.steps import verify as step

    toolchain = board.toolchains(build.toolchain, build.runtime)[0]
    model, floats = sources.resolve(request, toolchain, build.runtime, listener)
    ready = prepare(board, build, model)
    if len(ports) > 1:
        raise UsageError("an update is for one board at a time", "name one --port")
    port = ports[0] if ports else step.find_port(board, place)

    def opened() -> Client:
        return Client(partial(open_transport, port, board.serial.baud, board.serial.quiet))

    slot, sequence, size = _on_trial(opened, board, build, ready, place.of(build).own / "update", listener)
    own = place.named(model.name, model.dtype, build.runtime)
    changed = dataclasses.replace(described(build, ready, _kept(own, model)), floats=floats).sealed()
    try:
        result = step.verify(
            board, own, changed, (port,), selection, gates=gates, resume=False, strength=strength, listener=listener
        )
        _keep(opened, changed, result, own)
    except BaseException:
        client = opened()
        _leave(client)
        client.close()
        raise
    changed.save(own.build)
    return Updated(changed, slot, sequence, size, result, own.report)


def _kept(own: BoardFolder, model: ModelFile) -> Path:
    """A copy of the network, where its record finds it."""
    path = own.own / f"update-{model.sha256[:8]}.tflite"
    own.own.mkdir(parents=True, exist_ok=True)
    write_atomically(path, model.read())
    return path


def _on_trial(
    opened: Callable[[], Client], board: Board, build: Build, ready: Ready, place: Path, listener: Listener
) -> tuple[int, int, int]:
    """Send a network to the slot that does not run, and let it run until the next reset.

    Returns:
        The slot, the image's sequence number and its bytes.

    Raises:
        LinkError: the device refuses, is another one, or fell silent.
    """
    from toolkit.flash.base import Step
    from toolkit.link import check_firmware

    client = opened()
    try:
        check_firmware(client.hello(), build)
        now = check(client.slot_do(SlotCommand.LEAVE))
        slot, sequence = (2 if now.kept == 1 else 1), now.sequence + 1
        made = image(board, build, ready, slot, sequence, place)
        listener.say(f"sending {len(made):,} bytes to slot {slot} of {board.name}")
        with listener.uploading() as progress:
            each = slots_of(build).each
            send(client, each, slot, made, lambda done: progress(Step("sending", done, len(made))))
        tried = check(client.slot_do(SlotCommand.TRY, slot))
        if tried.engine:
            raise LinkError("the device cannot run the new network's plan", "it goes on with what it ran before")
    except BaseException:
        _leave(client)
        raise
    finally:
        client.close()
    return slot, sequence, len(made)


def _keep(opened: Callable[[], Client], changed: Build, result: Verification, own: BoardFolder) -> None:
    """Make a network that was proven the one that runs.

    Raises:
        NotProvenError, WeakProofError, UndecidedError, MissedGateError: it was not, or a gate is missed.
        StaleFirmwareError: the device was reset since.
    """
    from toolkit import gates as bounds
    from toolkit.link import check_identity
    from toolkit.steps import verify as step

    if not result.proven:
        raise step.why_not_proven(result, own.report)
    if result.missed:
        raise bounds.why_not_passed(result.missed)
    client = opened()
    try:
        check_identity(client.hello(), changed)
        check(client.slot_do(SlotCommand.KEEP))
    finally:
        client.close()


def _leave(client: Client) -> None:
    """Back to what ran before; a device that cannot hear it forgets the trial at its next reset."""
    with contextlib.suppress(TinymlError):
        client.slot_do(SlotCommand.LEAVE)
