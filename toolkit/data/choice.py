"""Which inputs a network is asked for: those of a set that suits it, or made-up ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from toolkit.artifacts import SetWords
from toolkit.data import scaling
from toolkit.data.digits import choice as digits
from toolkit.data.samples import Samples
from toolkit.data.scaling import Scaling
from toolkit.data.task import Task
from toolkit.errors import UsageError
from toolkit.selection import Selection

MADE_UP_INPUTS = 100
SEED = 707


class Tensor(Protocol):
    """What is asked of a network's input and output: `TensorSpec` answers it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """With the batch of 1 in front."""

    @property
    def elements(self) -> int:
        """How many elements it has."""

    @property
    def numpy(self) -> np.dtype[Any]:
        """The elements' type: int8 or float32."""

    @property
    def scale(self) -> float:
        """Real value = scale * (stored value - zero_point)."""

    @property
    def zero_point(self) -> int:
        """The stored value of 0."""


@dataclass(frozen=True)
class Chosen:
    """The sets that will be sent, in this order, and all of it in words."""

    sets: tuple[Samples, ...]
    told: str


def choose(given: Tensor, taken: Tensor, asked: Selection) -> Chosen:
    """The inputs for a network with this input and this output; nothing of the network is computed.

    A network that suits the digits is asked for MNIST's test images and the external ones; any other for seeded made-up
    tensors.

    Raises:
        UsageError: an option that cannot apply to this network.
        DatasetError: data that are missing or damaged, an image that is no image.
        ModelError: the input's quantisation does not tell what an element stands for.
    """
    if not digits.suits(given.shape, taken.elements):
        return _made_up(given, taken, asked)
    if asked.limit == 0 and asked.data is not None:
        raise UsageError("--limit 0 sends nothing of --data", "leave one of the two out")
    scale, why = _scaling(given, asked.pixels)
    sets, told = digits.choose(asked.limit, asked.data, asked.images, scale)
    return Chosen(sets, f"{told}; pixels as {scale}, {why}")


def at_hand(given: Tensor, taken: Tensor, count: int) -> Samples:
    """Up to `count` inputs of those that are sent by default, without a download.

    Raises:
        ModelError: the input's quantisation does not tell what an element stands for.
    """
    if digits.suits(given.shape, taken.elements):
        return digits.at_hand(count, _scaling(given, None)[0])
    return made_up(given, count)


def _scaling(given: Tensor, asked: str | None) -> tuple[Scaling, str]:
    """What the elements stand for at the input, and how that is known."""
    if asked is not None:
        return scaling.parse(asked), "as --range says"
    told = scaling.at(given.numpy, given.scale, given.zero_point)
    if told is None:
        return scaling.UNIT, "the default for float32 (--range says otherwise)"
    return told, "as the input's quantisation tells"


def _made_up(given: Tensor, taken: Tensor, asked: Selection) -> Chosen:
    for option, value in (("--data", asked.data), ("--images", asked.images), ("--range", asked.pixels)):
        if value is not None:
            shape = ", ".join(str(size) for size in given.shape)
            raise UsageError(
                f"{option} is for networks that read digits; this one takes [{shape}] and gives "
                f"{taken.elements:,} {'value' if taken.elements == 1 else 'values'}",
                f"leave {option} out: made-up inputs are sent",
            )
    if asked.limit == 0:
        raise UsageError("--limit 0 leaves nothing to send to a network that does not read digits", "--limit 100")
    count = MADE_UP_INPUTS if asked.limit is None else asked.limit
    values = "-1 to 1" if given.numpy.kind == "f" else f"all {given.numpy} values"
    return Chosen(
        (made_up(given, count),),
        f"{count:,} made-up {'input' if count == 1 else 'inputs'}: every element at random from {values}, seed {SEED}",
    )


def made_up(given: Tensor, count: int) -> Samples:
    """Seeded inputs as the tensor has them: every int8 value, or floats in [-1, 1)."""
    generator = np.random.default_rng(SEED)
    shape = (count, *given.shape[1:])
    if given.numpy.kind == "f":
        values = generator.uniform(-1.0, 1.0, size=shape).astype(np.float32)
    else:
        limits = np.iinfo(given.numpy)
        values = generator.integers(limits.min, int(limits.max) + 1, size=shape, dtype=np.int64).astype(given.numpy)
    return Samples("random", (values,), words=SetWords("made-up inputs", "made-up input", "made-up input"), task=Task())
