"""What the options of a build cost a network on a board, and which of them fits a budget: `tinyml build --plan`."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit import api
from toolkit.artifacts import OPTIMISATIONS, Verdict
from toolkit.artifacts.base import Artifact
from toolkit.board import Board
from toolkit.errors import DoesNotFitError, TinymlError, UsageError
from toolkit.listener import SILENT, Listener
from toolkit.selection import Selection
from toolkit.steps.build import Choices

INPUTS = 2
"""Inferences that are counted, where the board is emulated and counts exactly."""

_STREAMS = ("off", "auto")
_SAME = ("flash_bytes", "ram_bytes", "instructions")


@dataclass(frozen=True)
class Way(Artifact):
    """One way to build a network.

    Attributes:
        optimise, stream: the options.
        flash_bytes, ram_bytes: of the whole image, RAM without the stack; None: it does not fit the board.
        arena_bytes: of the tensors.
        instructions: of an inference, counted in the board's emulator, in `unit`; None where nothing counts them.
        best: no other way is as good in all three, and better in one.
        refused: why it cannot be; empty if it can.
    """

    optimise: str
    stream: str
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    arena_bytes: int | None = None
    instructions: int | None = None
    unit: str = ""
    best: bool = False
    refused: str = ""

    @property
    def options(self) -> str:
        """As a command line has them."""
        return f"--optimise {self.optimise} --stream {self.stream}"

    @property
    def choices(self) -> Choices:
        """As `api.build` takes them."""
        return {"optimise": self.optimise, "stream": self.stream}


def ways(board: Board, model: str, choices: Choices, *, listener: Listener = SILENT) -> tuple[Way, ...]:
    """Every way, built in a folder of its own that is removed again.

    Args:
        choices: of `api.build`; what is chosen here is passed over.

    Raises:
        TinymlError: no way can be built.
    """
    found, caught = [], None
    for optimise, stream in itertools.product(OPTIMISATIONS, _STREAMS):
        way = Way(optimise, stream)
        listener.say(f"building {way.options}")
        with tempfile.TemporaryDirectory(prefix="tinyml-plan-") as own:
            try:
                found.append(_built(board, model, way, Path(own), choices))
            except DoesNotFitError as refused:
                found.append(Way(optimise, stream, refused=refused.message))
                caught = refused
    if caught is not None and all(way.refused for way in found):
        raise caught
    return marked(found)


def _built(board: Board, model: str, way: Way, own: Path, choices: Choices) -> Way:
    asked: Choices = {**choices, **way.choices}
    build = api.build(board, model, workspace=own, **asked)
    count, unit = None, ""
    if board.emulated:
        with api.flash(build, board=board, workspace=own) as device:
            result = api.verify(device, Selection(INPUTS, trace=0), strength=False)
        if result.verdict is Verdict.DIFFERS:
            return Way(
                way.optimise, way.stream, refused=f"its outputs differ from the host's: {result.first_difference}"
            )
        if result.ticks is not None:
            count, unit = result.ticks.median, str(result.ticks.unit)
    return Way(way.optimise, way.stream, build.flash_bytes, build.ram_bytes, build.arena_bytes, count, unit)


def marked(found: Sequence[Way]) -> tuple[Way, ...]:
    """The ways, those on the frontier marked; of equal ones the first."""

    def figures(way: Way) -> tuple[float, ...]:
        return tuple(float("inf") if getattr(way, name) is None else getattr(way, name) for name in _SAME)

    def beaten(place: int) -> bool:
        own = figures(found[place])
        return any(
            all(a <= b for a, b in zip(figures(other), own, strict=True)) and (figures(other) != own or at < place)
            for at, other in enumerate(found)
            if at != place and not other.refused
        )

    return tuple(
        dataclasses.replace(way, best=not way.refused and not beaten(place)) for place, way in enumerate(found)
    )


def pick(found: Sequence[Way], *, flash: int | None = None, ram: int | None = None) -> Way:
    """The quickest way within the budget; where nothing is counted, the first in the order of `OPTIMISATIONS`.

    Args:
        flash, ram: bytes of the whole image.

    Raises:
        UsageError: a budget that is no number of bytes.
        DoesNotFitError: there is none; what the least would be.
    """
    for name, budget in (("flash", flash), ("ram", ram)):
        if budget is not None and budget < 1:
            raise UsageError(f"--budget-{name} is {budget}", "bytes, at least 1")
    can = [way for way in found if way.flash_bytes is not None and way.ram_bytes is not None]
    fits = [
        way
        for way in can
        if (flash is None or (way.flash_bytes or 0) <= flash) and (ram is None or (way.ram_bytes or 0) <= ram)
    ]
    if not fits:
        if not can:
            raise TinymlError("nothing could be built", "see why: --plan")
        least = (min(way.flash_bytes or 0 for way in can), min(way.ram_bytes or 0 for way in can))
        asked = " and ".join(
            f"{budget:,} bytes of {name}" for name, budget in (("flash", flash), ("RAM", ram)) if budget is not None
        )
        raise DoesNotFitError(
            f"no way to build it takes {asked} or less",
            f"the least are {least[0]:,} bytes of flash and {least[1]:,} of RAM, by themselves: --plan shows all ways",
        )
    return min(fits, key=lambda way: float("inf") if way.instructions is None else way.instructions)
