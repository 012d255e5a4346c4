"""GCC takes a line of assembly for an instruction: .rept hid most, and it laid constants too far away to be loaded.

Error: co-processor offset out of range. Seen with squeezenet for a Cortex-M4F, its arena the caller's: by hand,
python -m tests.export.targets --only m4f models/squeezenet/squeezenet_int8.tflite.
"""

from __future__ import annotations

import re

import pytest

from toolkit.compiler.lower.dsp_tile import Tile, function


def _made(lines: list[str]) -> int:
    """Instructions behind these lines."""
    made, place = 0, 0
    while place < len(lines):
        if lines[place].startswith(".rept "):
            depth, end = 1, place + 1
            while depth:
                depth += lines[end].startswith(".rept ") - (lines[end] == ".endr")
                end += 1
            made += int(lines[place].split()[1]) * _made(lines[place + 1 : end - 1])
            place = end
        else:
            made += lines[place] != ""
            place += 1
    return made


@pytest.mark.parametrize("tile", [Tile(3, 5, 3, 30, 2, 60), Tile(1, 40, 8, 0, 0, 0), Tile(1, 1, 1, 1, 0, 0)])
def test_there_is_a_line_for_each_instruction(tile: Tile) -> None:
    text = "".join(re.findall(r'^      "(.*)"', function("tile", tile), re.MULTILINE)).replace("\\n", "\n")
    assert text.count("\n") >= _made(text.split("\n"))
