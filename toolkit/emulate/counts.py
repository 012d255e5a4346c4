"""What an emulator that counts hands over: a line of JSON for each call of an engine's function.

{"function": "engine_trace", "stretches": [{"instructions": 1000, "least": 1100, "usual": 1200, "most": 1300,
 "flash_reads": 70}]}
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import EmulatorError

INVOKE, TRACE = "engine_invoke", "engine_trace"
"""The functions of engine.h that are followed."""
_SUMMED = ("instructions", "least", "usual", "most", "flash_reads")


@dataclass(frozen=True)
class Stretch:
    """What was run between two points.

    Attributes:
        instructions: how many, those among them that their condition left out.
        least, usual, most: an estimate of the cycles, and the ends of what is left open.
        flash_reads: words, half words and bytes that were loaded from flash: constants. What a run of instructions
            loads is looked at when it is run first, and taken to be the same each time.
        layer: of engine_trace(): which it ends with.
    """

    instructions: int
    least: int
    usual: int
    most: int
    flash_reads: int
    layer: int = 0


@dataclass(frozen=True)
class Call:
    """A call of one of the functions: engine_invoke() is one stretch, engine_trace() one for each layer, or for each
    row of its output where it runs row by row."""

    function: str
    stretches: tuple[Stretch, ...]


def add(path: Path, call: Call) -> None:
    """Write a call behind those that are there."""
    with path.open("a", encoding="ascii") as file:
        file.write(json.dumps(dataclasses.asdict(call)) + "\n")


def _by_layer(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """A layer that runs row by row has a stretch for each row: together they are one."""
    found: dict[int, Stretch] = {}
    for one in stretches:
        known = found.setdefault(one.layer, dataclasses.replace(one, **dict.fromkeys(_SUMMED, 0)))
        sums = {name: getattr(known, name) + getattr(one, name) for name in _SUMMED}
        found[one.layer] = dataclasses.replace(known, **sums)
    return tuple(found[layer] for layer in sorted(found))


def read(path: Path, function: str) -> tuple[Sequence[Stretch], ...]:
    """The calls of a function, in their order: of engine_trace() a stretch for each layer.

    Raises:
        EmulatorError: the file is not what an emulator writes.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        calls = [
            Call(told["function"], tuple(Stretch(**each) for each in told["stretches"]))
            for told in map(json.loads, lines)
        ]
    except (OSError, ValueError, KeyError, TypeError) as caught:
        raise EmulatorError(f"{path} does not hold what the emulator counted: {caught}", "try again") from caught
    return tuple(_by_layer(call.stretches) for call in calls if call.function == function)
