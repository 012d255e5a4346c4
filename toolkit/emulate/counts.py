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


@dataclass(frozen=True)
class Stretch:
    """What was run between two points.

    Attributes:
        instructions: how many, those among them that their condition left out.
        least, usual, most: an estimate of the cycles, and the ends of what is left open.
        flash_reads: words, half words and bytes that were loaded from flash: constants. What a run of instructions
            loads is looked at when it is run first, and taken to be the same each time.
    """

    instructions: int
    least: int
    usual: int
    most: int
    flash_reads: int


@dataclass(frozen=True)
class Call:
    """A call of one of the functions: engine_invoke() is one stretch, engine_trace() one for each layer."""

    function: str
    stretches: tuple[Stretch, ...]


def add(path: Path, call: Call) -> None:
    """Write a call behind those that are there."""
    with path.open("a", encoding="ascii") as file:
        file.write(json.dumps(dataclasses.asdict(call)) + "\n")


def read(path: Path, function: str) -> tuple[Sequence[Stretch], ...]:
    """The calls of a function, in their order.

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
    return tuple(call.stretches for call in calls if call.function == function)
