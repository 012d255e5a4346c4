"""Which inputs a network is asked for: those of a set that suits it, or made-up ones."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from toolkit.artifacts import SetWords
from toolkit.data import loaders, made, own, scaling
from toolkit.data.digits import choice as digits
from toolkit.data.samples import Elements, Samples
from toolkit.data.scaling import Scaling
from toolkit.data.sets import catalogue, mnist
from toolkit.data.sets import known as sets
from toolkit.data.task import Task
from toolkit.data.tensor import Tensor
from toolkit.errors import UsageError
from toolkit.selection import Selection

MADE_UP_INPUTS = 100
SEED = 707


@dataclass(frozen=True)
class Chosen:
    """What will be sent.

    Attributes:
        sets: in this order.
        told: all of it in words.
        made: they are made up, and others may be sent in their place that reach more of the network.
    """

    sets: tuple[Samples, ...]
    told: str
    made: bool = False


def choose(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], asked: Selection) -> Chosen:
    """The inputs for a network with these ends, in its own order; nothing of the network is computed.

    The user's own set, where `asked` names one; else a network that suits the digits is asked for MNIST's test images
    and the external ones, and any other for seeded made-up tensors.

    Raises:
        UsageError: an option that cannot apply to this network.
        DatasetError: data that are missing or damaged, an image that is no image.
        ModelError: the input's quantisation does not tell what an element stands for.
    """
    known = None if asked.data is None else sets.named(asked.data)
    if asked.data is not None and (known is None or not reads_digits(inputs, outputs)):
        return _own(inputs, outputs, asked)
    for option in asked.of_data:
        raise UsageError(f"{option} says how a set of your own is read, and --data names none", "--data FILE")
    if not reads_digits(inputs, outputs):
        return _made_up(inputs, outputs, asked)
    if asked.limit == 0 and asked.data is not None:
        raise UsageError("--limit 0 sends nothing of --data", "leave one of the two out")
    scale, why = _scaling(inputs[0], asked.scale)
    dataset = known or catalogue.MNIST
    folder = asked.data if asked.data is not None and asked.data.is_dir() else None
    chosen, told = digits.choose(asked.limit, dataset, folder, asked.images, scale)
    return Chosen(chosen, f"{told}; pixels as {scale}, {why}")


def look(asked: Selection) -> None:
    """Whether anything lies where `asked` says; what it is, a network's ends must tell.

    Raises:
        DatasetError: nothing does.
    """
    if asked.data is not None and sets.named(asked.data) is None:
        loaders.readable(asked.data)


def for_training(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], asked: Selection) -> tuple[Samples, str]:
    """The samples of `asked.data` that a network is trained or calibrated with, and all that was guessed in words: of a
    set that has several parts the training part.

    Raises:
        DatasetError, UsageError: as `choose`.
    """
    known = None if asked.data is None else sets.named(asked.data)
    if asked.data is None or known is None or not reads_digits(inputs, outputs):
        return own.read(inputs, outputs, asked, split="train")
    scale, why = _scaling(inputs[0], asked.scale)
    samples = mnist.load(known, "train", asked.data if asked.data.is_dir() else None)
    told = f"{len(samples):,} training images of {samples.called().title}; pixels as {scale}, {why}"
    return dataclasses.replace(samples, scaling=scale).first(len(samples) if asked.limit is None else asked.limit), told


def _own(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], asked: Selection) -> Chosen:
    """The user's own set, and with `--images` pictures of digits beside it."""
    samples, told = own.read(inputs, outputs, asked)
    if asked.images is None:
        return Chosen((samples,), told)
    if not reads_digits(inputs, outputs):
        raise _unfit("--images", inputs, outputs)
    drawn = digits.own_pictures(asked.images, _scaling(inputs[0], asked.scale)[0])
    if drawn.name == samples.name:
        drawn = dataclasses.replace(drawn, name=f"{drawn.name} beside it")
    return Chosen((samples, drawn), f"{told}; {len(drawn)} pictures of your own")


def reads_digits(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> bool:
    """Whether a network can be asked for digits: one such image in, one element for each digit out."""
    return len(inputs) == len(outputs) == 1 and digits.suits(inputs[0].shape, outputs[0].elements)


def at_hand(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], count: int) -> Samples:
    """Up to `count` inputs of those that are sent by default, without a download.

    Raises:
        ModelError: the input's quantisation does not tell what an element stands for.
    """
    if reads_digits(inputs, outputs):
        return digits.at_hand(count, _scaling(inputs[0], None)[0])
    return made_up(inputs, count)


def _scaling(given: Tensor, asked: str | None) -> tuple[Scaling, str]:
    """What the elements stand for at the input, and how that is known."""
    if asked is not None:
        return scaling.of_pixels(asked), "as --scale says"
    told = scaling.at(given.numpy, given.scale, given.zero_point)
    if told is None:
        return scaling.UNIT, "the default for float32 (--scale says otherwise)"
    return told, "as the input's quantisation tells"


def _made_up(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], asked: Selection) -> Chosen:
    for option, value in (("--images", asked.images), ("--scale", asked.scale)):
        if value is not None:
            raise _unfit(option, inputs, outputs)
    if asked.limit == 0:
        raise UsageError("--limit 0 leaves nothing to send to a network that does not read digits", "--limit 100")
    count = MADE_UP_INPUTS if asked.limit is None else asked.limit
    values = tuple(
        made.stored(each, units).reshape(count, *each.sample)
        for each, units in zip(inputs, made.made(inputs, count, SEED), strict=True)
    )
    return Chosen((made_set(values),), told_of_made(count, f"of {len(made.FAMILIES)} families in turn"), made=True)


def _unfit(option: str, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> UsageError:
    shapes = " and ".join(str(list(each.shape)) for each in inputs)
    count = sum(each.elements for each in outputs)
    return UsageError(
        f"{option} is for networks that read digits; this one takes {shapes} and gives "
        f"{count:,} {'value' if count == 1 else 'values'}",
        f"leave {option} out, or name a set: --data FILE",
    )


def told_of_made(count: int, how: str) -> str:
    """So many made-up inputs, in words."""
    return f"{count:,} made-up {'input' if count == 1 else 'inputs'} {how}, seed {SEED}"


def made_up(inputs: tuple[Tensor, ...], count: int) -> Samples:
    """Seeded inputs as the tensors have them: every value of a whole type, or floats in [-1, 1)."""
    generator = np.random.default_rng(SEED)
    values = tuple(_at_random(each, count, generator) for each in inputs)
    return made_set(values)


def made_set(values: tuple[Elements, ...]) -> Samples:
    """Made-up inputs, one array for each input tensor, as a set."""
    return Samples("random", values, words=SetWords("made-up inputs", "made-up input", "made-up input"), task=Task())


def _at_random(given: Tensor, count: int, generator: np.random.Generator) -> Elements:
    shape = (count, *given.sample)
    if given.numpy.kind == "f":
        return generator.uniform(-1.0, 1.0, size=shape).astype(np.float32)
    least, most = (0, 1) if made.is_plain(given) else (np.iinfo(given.numpy).min, np.iinfo(given.numpy).max)
    return generator.integers(least, int(most) + 1, size=shape, dtype=np.int64).astype(given.numpy)
