"""The `aot` runtime of a firmware that takes networks over the link: kernels, and the plan of the one built in."""

from __future__ import annotations

from toolkit.board import Board, Toolchain
from toolkit.compiler import slots
from toolkit.errors import BoardError
from toolkit.project import EngineFiles
from toolkit.runtimes.engine import Engine


def prepare(board: Board, toolchain: Toolchain, tflite: bytes) -> Engine:
    """Compile the model.

    Args:
        board: as `Board.with_slots` gives it.

    Raises:
        BoardError: there is no room for slots, or the toolchain's project cannot have them.
        ModelError: the compiler does not take the model.
    """
    if board.slots is None or not toolchain.framework.startswith("bare"):
        raise BoardError(
            f"a firmware with slots cannot be built for {board.name} with {toolchain.builder}",
            "leave --toolchain out, or --slots",
        )
    network = slots.take_apart(tflite, isa=board.cpu.isa, fpu=board.cpu.fpu)
    compiled, told = network.anatomy.compiled, board.slots
    arena = max(told.arena, compiled.arena_bytes)
    generated = slots.firmware(
        network, start=told.memory.start, slot_bytes=told.each, page=told.page, arena_bytes=arena
    )
    files = EngineFiles(
        ("slot_engine.c", "slots.c", "slots.h"), network.files, generated, parts=(told.writer,), slots=True
    )
    return Engine(files, compiled, arena, compiled.inputs, compiled.outputs, compiled.points, network.id)
