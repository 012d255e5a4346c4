"""What a board file says of its board: each fact names its source, and the link is held to its memories."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from toolkit import board as boards
from toolkit import project, resources

FILES = sorted(resources.boards().glob("*.toml"))
BOARDS = [board for board in boards.load_all() if board.mcu.cpu != "native"]

# Keys whose values are facts about a board, a chip or somebody's tool: not what we chose.
FACTS = {
    "mcu": {"part", "cpu", "clock_hz"},
    "memory": {"flash", "ram"},
    "usb": {"application", "bootloader", "touch_value"},
    "toolchain.settings": {"fqbn", "core", "core_url", "board", "platform", "lines"},
    "flash": {"settings"},
    "flash.settings": {"family", "board_id", "label", "programmer", "scripts", "target", "sd_req", "format"},
    "flash.other": {"settings"},
    "emulator.settings": {"machine", "uart"},
}


def _unsourced(path: Path) -> list[str]:
    """The facts of a file that say nothing of where they are from: by a comment behind them, behind their table's
    header, or above it."""
    table, told, above, found = "", False, False, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if header := re.match(r"\[+([\w.]+)\]+\s*(#.*)?$", line):
            table, told = header[1], bool(header[2]) or above
        elif (fact := re.match(r"(\w+)\s*=", line)) and fact[1] in FACTS.get(table, ()):
            nothing = re.fullmatch(r"\w+\s*=\s*\{\s*\}", line)
            if not told and "#" not in line and not nothing:
                found.append(f"{path.name}:{number}: {table}.{fact[1]}")
        above = line.startswith("#")
    return found


@pytest.mark.parametrize("path", [path for path in FILES if path.stem != "host"], ids=lambda path: path.stem)
def test_every_fact_has_its_source_in_the_file(path: Path) -> None:
    assert _unsourced(path) == []


def test_a_fact_without_a_source_is_found(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[mcu]\npart = "X"  # the data sheet\ncpu = "M0"\n\n# The manual, 2.1.\n[memory]\nflash = 1\n')
    assert _unsourced(path) == ["bad.toml:3: mcu.cpu"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.id)
def test_the_link_is_held_to_flash_and_ram_of_the_file(board: boards.Board) -> None:
    bare = [chain for chain in board.toolchain if chain.framework.startswith("bare")]
    for chain in bare:
        script = project.port_files(board, chain)["src/port/link.ld"].decode()
        memories = {
            name: (int(start, 16), int(size))
            for name, start, size in re.findall(r"(FLASH|RAM)\s*\([rwx]+\)\s*: ORIGIN = (\w+), LENGTH = (\d+)", script)
        }
        flash, ram = board.memory.flash, board.memory.ram
        assert memories == {"FLASH": (flash.start, flash.size), "RAM": (ram.start, ram.size)}
        assert f"__stack_size = {board.memory.stack};" in script
    assert bare or all(chain.framework == "arduino" for chain in board.toolchain)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.id)
def test_a_board_that_was_never_on_a_desk_here_says_so(board: boards.Board) -> None:
    assert board.standing != "on hardware"
    if board.flash is not None:
        assert "No physical board was available" in board.note
