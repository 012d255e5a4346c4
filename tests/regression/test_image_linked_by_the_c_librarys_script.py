"""picolibc's specs look for `-T` as a word of its own. They did not find it in `-Wl,-T,...`, and an image for a slot
was linked where the C library wanted it: the board crashed when it was tried, and went back to what ran before."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest

from tests.slots.cuts import model
from toolkit import board as boards
from toolkit import resources
from toolkit.artifacts import Runtime
from toolkit.build import base, slot_image
from toolkit.compiler import slots

WITH_SLOTS = [board.id for board in boards.load_all() if board.slots is not None]


@pytest.mark.parametrize("name", WITH_SLOTS)
def test_an_image_is_linked_for_its_slot(name: str, tmp_path: Path) -> None:
    """Its plan comes first, and points behind itself, into the slot."""
    board = boards.load(name)
    builder = board.toolchains(None, Runtime.AOT)[0].builder
    if shutil.which(base.load(builder).tools()[-1]) is None:
        pytest.skip(f"no compiler of {builder}")
    network = slots.take_apart(model("cnn-2-2").read(), isa=board.cpu.isa, fpu=board.cpu.fpu)
    told = board.slots
    assert told is not None
    start = told.memory.start + told.each
    payload = slot_image.link(slots.image(network, network.kernels), board, builder, start, tmp_path)
    pointers = struct.unpack_from("<III", payload)  # steps, ends, places
    inside = range(start + slot_image.HEADER_BYTES, start + slot_image.HEADER_BYTES + len(payload))
    assert all(pointer in inside for pointer in pointers)
    assert bytes.fromhex(network.sha256) in payload


@pytest.mark.parametrize("name", WITH_SLOTS)
def test_slots_are_whole_pages_behind_the_program(name: str) -> None:
    board = boards.load(name)
    less, told = board.with_slots.memory, board.slots
    assert told is not None
    assert told.memory.start % told.page == told.each % told.page == 0
    ends = {region.start + region.size for region in (less.flash, less.ram)}
    assert told.memory.start in ends
    assert (resources.firmware() / "ports" / told.writer / "slot_memory.c").is_file()
    assert told.arena < less.ram.size // 2
