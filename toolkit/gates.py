"""Gates: bounds of the user's own, `[gate]` in a project file or `--gate NAME=BOUND`, that a build or a run must keep.

Each field of `Gates` is one of them, and its type says which way it is held: at least, or at most.
"""

from __future__ import annotations

import functools
import math
import typing
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from toolkit import toml
from toolkit.artifacts import Build, GateResult, SetResult, Verification
from toolkit.errors import MissedGateError, UsageError
from toolkit.toml import Table

_AT_LEAST = Meta(extra={"least": True})
_AT_MOST = Meta(extra={"least": False})

Share = Annotated[float, Meta(ge=0.0, le=1.0), _AT_LEAST]
Fit = Annotated[float, Meta(ge=-1e300, le=1.0), _AT_LEAST]
Error = Annotated[float, Meta(ge=0.0, le=1e300), _AT_MOST]
Most = Annotated[int, Meta(ge=0, le=2**40), _AT_MOST]

SIZES = ("flash_bytes", "ram_bytes")
"""What a build alone tells."""

TICKS = ("instructions", "cycles", "microseconds")
"""Of the slowest inference; a device counts in one of these units, or in none."""


class Gates(Table, frozen=True, kw_only=True):
    """`[gate]`. Scores are those of the first set that is scored.

    Attributes:
        accuracy, top3, top5, macro_f1: at least, 0 to 1: inputs whose class is named first, or among the first so many
            (three from 5 classes on, five from 100); the mean over the classes of F1.
        auc: at least, 0 to 1: area under the curve, of two classes or of what is odd.
        r2: at least, up to 1: the share of the truth's variance that is told.
        mae, rmse: at most: the mean absolute error and the root of the mean square, in the truth's own unit.
        mean_error: at most: the mean square error of a reconstruction, of the normal samples.
        flash_bytes, ram_bytes: at most: of the linked image; RAM without the stack.
        instructions, cycles, microseconds: at most, of the slowest inference, where the device counts so.
    """

    accuracy: Share | None = None
    top3: Share | None = None
    top5: Share | None = None
    macro_f1: Share | None = None
    auc: Share | None = None
    r2: Fit | None = None
    mae: Error | None = None
    rmse: Error | None = None
    mean_error: Error | None = None
    flash_bytes: Most | None = None
    ram_bytes: Most | None = None
    instructions: Most | None = None
    cycles: Most | None = None
    microseconds: Most | None = None

    def asked(self) -> dict[str, float]:
        """Bound by name; those that are not set are left out."""
        return {name: bound for name, bound in msgspec.structs.asdict(self).items() if bound is not None}


NONE = Gates()


@functools.cache
def directions() -> dict[str, bool]:
    """By name: True where more is better, and the bound is a least one."""
    hints = typing.get_type_hints(Gates, include_extras=True)
    return {name: _least(hints[name]) for name in Gates.__struct_fields__}


def _least(hint: Any) -> bool:
    meant = next(arm for arm in typing.get_args(hint) if arm is not type(None))
    extras = (each.extra for each in typing.get_args(meant) if isinstance(each, Meta) and each.extra)
    return bool(next(extra["least"] for extra in extras))


def parse(texts: Sequence[str]) -> Gates:
    """`NAME=BOUND` each, as the command line spells it; of two of one name the last counts.

    Raises:
        UsageError: no such gate, or no number that it can have.
    """
    told: dict[str, float] = {}
    for text in texts:
        name, _, bound = text.partition("=")
        try:
            told[name.strip()] = _number(bound)
        except ValueError:
            raise UsageError(f"--gate {text} is no gate", "a name and a number: --gate accuracy=0.95") from None
    return toml.convert(told, Gates, "--gate", error=UsageError)


def spell(gates: Gates) -> list[str]:
    """What `parse` makes them of."""
    return [f"{name}={bound!r}" for name, bound in gates.asked().items()]


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        value = float(text)
        if not math.isfinite(value):
            raise
        return int(value) if value.is_integer() and "." not in text else value


def judge(gates: Gates, build: Build, verification: Verification | None = None) -> tuple[GateResult, ...]:
    """How a build and what was verified of it stand against the gates, in the order of `Gates`.

    Args:
        verification: None for a build alone, which only the gates of sizes are asked of.
    """
    return tuple(
        _judge(name, bound, build, verification)
        for name, bound in gates.asked().items()
        if verification is not None or name in SIZES
    )


def _judge(name: str, bound: float, build: Build, verification: Verification | None) -> GateResult:
    least = directions()[name]
    value, why_not = _measured(name, build, verification)
    met = value is not None and (value >= bound if least else value <= bound)
    return GateResult(name, bound, least, value, met, why_not)


def _measured(name: str, build: Build, verification: Verification | None) -> tuple[float | None, str]:
    """A value, or None and why there is none."""
    if name == "flash_bytes":
        return build.flash_bytes, ""
    if name == "ram_bytes":
        return build.ram_bytes, ""
    if verification is None:
        return None, "nothing was verified"
    if name in TICKS:
        ticks = verification.ticks
        if ticks is None:
            return None, f"{verification.board} does not time its inferences"
        return (ticks.max, "") if ticks.unit == name else (None, f"{verification.board} counts {ticks.unit}")
    scores = scores_of(verification)
    if not scores:
        return None, "no input has a truth that its output is scored by"
    if name not in scores:
        return None, f"what was sent is scored by {', '.join(scores)}"
    value = scores[name]
    return (value, "") if math.isfinite(value) else (None, f"it came to {value}")


def scores_of(verification: Verification) -> dict[str, float]:
    """By metric, of the first set that is scored; empty where none is."""
    return next((told for each in verification.sets if (told := of_set(each))), {})


def of_set(result: SetResult) -> dict[str, float]:
    """By metric; of a record from before there were metrics, the accuracy."""
    score = result.score
    return result.scores or ({} if score is None or not score.total else {"accuracy": score.correct / score.total})


def why_not_passed(missed: Sequence[GateResult]) -> MissedGateError:
    """The error that gates which are not met are worth."""
    told = "; ".join(each.in_words for each in missed)
    return MissedGateError(
        f"{len(missed)} {'gate is' if len(missed) == 1 else 'gates are'} not met: {told}",
        "see [gate] in the project file, or --gate",
    )
