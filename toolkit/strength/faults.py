"""Which faults are planted: chosen by seed, spread over the layers, and each of a kind that can show.

    output       the layer's output overwritten with zero bytes; and, where that is another value, with its zero point
    weights      int8: bit 7 flipped, a change by half of the range; float32: changed by the layer's largest weight
    bias         int8: by 64 steps of the output, a quarter of its range; float32: by the size of its sum
    multiplier   halved

A weight whose change leaves its own layer's output as it was, whatever the layer is given, is no fault: behind it may
be a channel that is always cut off at 0, or a product that rounds to the same. Such a place is passed over, and the
next one is taken. So a layer is first tried by itself, on made-up values of its own inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.compiler.changeable import Constants, Layer, Place
from toolkit.strength.library import Bytes, Library

SEED = 13
SHARES = {"weights": 0.5, "bias": 0.25, "multiplier": 0.25}
OUTPUT_STEPS = 64
LARGEST_STEP = 2.0**27
TRIES = 4
"""Places that are tried for each fault that is planted."""
SMALL = 1_000
"""Of a small network's constants: all are tried."""


@dataclass(frozen=True, eq=False)
class Fault:
    """One change of the network.

    Attributes:
        layer: its number.
        role: "output", or as in `Constants`.
        place, index, value: which constant becomes what; place is -1 for an output.
        fill: what an output is overwritten with.
        certain: the layer by itself was seen to give another output.
    """

    layer: int
    role: str
    place: int = -1
    index: int = 0
    value: Any = 0
    fill: Bytes | None = None
    certain: bool = True


def zeroed(place: Place) -> tuple[Bytes, ...]:
    """What "the output is zero" may be in memory: zero bytes, and zero points."""
    fills = [np.zeros(place.bytes, np.uint8)]
    if place.zero:
        fills.append(np.full(place.bytes // place.dtype.itemsize, place.zero, place.dtype).view(np.uint8))
    return tuple(fills)


def plan(library: Library, count: int, seed: int = SEED) -> tuple[Fault, ...]:
    """The faults, layer by layer; outputs are always among them, whatever `count` is."""
    layers = library.network.layers
    trials = [Trial(library, number, layer) for number, layer in enumerate(layers)]
    outputs = [
        Fault(number, "output", fill=fill, certain=trials[number].tells(fill))
        for number, layer in enumerate(layers)
        for fill in zeroed(layer.output)
    ]
    shares = shared([sum(each.values.size for each in layer.constants) for layer in layers], count - len(outputs))
    singles = [fault for trial, share in zip(trials, shares, strict=True) for fault in _singles(trial, share, seed)]
    return tuple(sorted(outputs + singles, key=lambda fault: fault.layer))


def changed(constants: Constants, index: int, layer: Layer, sign: int) -> Any:
    """What a constant becomes."""
    value = constants.values[index]
    kind = constants.values.dtype
    if constants.role == "multiplier":
        return kind.type(int(value) // 2)
    if constants.role == "bias":
        if kind.kind == "f":
            weights = next(each.values for each in layer.constants if each.role == "weights")
            sums = float(np.abs(weights).max()) * np.sqrt(weights.size / constants.values.size)
            return kind.type(value + sign * (sums or 1.0))
        step = layer.step[index % layer.step.size] if layer.step.size else 1.0
        limits = np.iinfo(kind)
        moved = int(value) + sign * int(min(np.ceil(OUTPUT_STEPS * step), LARGEST_STEP))
        return kind.type(min(max(moved, limits.min), limits.max))
    if kind.kind == "f":
        largest = float(np.abs(constants.values).max()) or 1.0
        return kind.type(value - largest if value > 0 else value + largest)
    return kind.type(int(value) ^ (int(np.iinfo(kind).min) or 1 << 8 * kind.itemsize - 1))


class Trial:
    """A layer by itself, on made-up values of its inputs, always the same ones."""

    def __init__(self, library: Library, number: int, layer: Layer) -> None:
        """Compute the layer as it is."""
        self.library, self.number, self.layer = library, number, layer
        self._given = [[next(values) for values in each] for each in self._values()]
        self._sound = [self._output(given) for given in self._given]

    def tells(self, fill: Bytes) -> bool:
        """Whether the output is ever another than this."""
        return any(not np.array_equal(sound, fill) for sound in self._sound)

    def shows(self) -> bool:
        """Whether the output is another than before a change that was made to the layer's constants."""
        return any(
            not np.array_equal(self._output(given), sound)
            for given, sound in zip(self._given, self._sound, strict=True)
        )

    def _output(self, given: list[Bytes]) -> Bytes:
        arena = self.library.arena
        for place, value in zip(self.layer.inputs, given, strict=True):
            arena[place.offset : place.offset + place.bytes] = value
        self.library.layer(self.number)
        out = self.layer.output
        return arena[out.offset : out.offset + out.bytes].copy()

    def _values(self) -> Iterator[list[Iterator[Bytes]]]:
        random = np.random.default_rng((SEED, self.number))
        for kind in range(10 if self.layer.inputs else 1):
            yield [iter([any_value(place, kind, random)]) for place in self.layer.inputs]


def any_value(place: Place, kind: int, random: np.random.Generator) -> Bytes:
    """One tensor's bytes."""
    count = place.bytes // place.dtype.itemsize
    if place.dtype.kind == "f":
        values = (random.normal(0, (1.0, 0.1, 10.0)[kind % 3], count), random.uniform(-1, 6, count))[kind % 2]
        if kind >= 8:
            values = np.full(count, (6.0, -6.0)[kind - 8])
        return values.astype(place.dtype).view(np.uint8)
    if place.dtype.kind == "b":
        return (random.random(count) < 0.5).view(np.uint8)
    limits = np.iinfo(place.dtype)
    span = int(limits.max) - int(limits.min)
    if kind >= 8:
        return np.full(count, (limits.max, limits.min)[kind - 8], place.dtype).view(np.uint8)
    if kind % 2:
        wide = random.normal(place.zero, span / (4, 16, 64, 8)[kind // 2], count)
    else:
        wide = random.uniform(limits.min, limits.max + 1, count)
        if kind >= 4:
            wide = np.where(random.random(count) < 0.1, wide, place.zero)
    return np.clip(np.floor(wide), limits.min, limits.max).astype(place.dtype).view(np.uint8)


def shared(sizes: list[int], count: int) -> list[int]:
    """`count` shared out as evenly as the sizes allow."""
    shares = [0] * len(sizes)
    left = max(count, 0)
    while left > 0:
        open_ = [place for place, size in enumerate(sizes) if shares[place] < size]
        if not open_:
            break
        each = max(1, left // len(open_))
        for place in open_:
            more = min(each, sizes[place] - shares[place], left)
            shares[place] += more
            left -= more
    return shares


def _singles(trial: Trial, share: int, seed: int) -> Iterator[Fault]:
    """Single constants of one layer, every one seen to change the layer's own output."""
    random = np.random.default_rng((seed, trial.number, 1))
    groups = {
        role: [
            (constants, index)
            for constants in trial.layer.constants
            if constants.role == role
            for index in range(constants.values.size)
        ]
        for role in SHARES
    }
    wanted = by_role({role: len(group) for role, group in groups.items()}, share)
    for role, group in groups.items():
        planted = 0
        order = random.permutation(len(group))
        for place in order[: max(SMALL, TRIES * wanted[role])]:
            if planted == wanted[role]:
                break
            constants, index = group[place]
            fault = Fault(
                trial.number, role, constants.place, index,
                changed(constants, index, trial.layer, int(random.choice((-1, 1)))),
            )  # fmt: skip
            with_fault = trial.library.constants(fault.place, constants.values)
            before = with_fault[index]
            with_fault[index] = fault.value
            shows = trial.shows()
            with_fault[index] = before
            if shows:
                planted += 1
                yield fault


def by_role(sizes: dict[str, int], share: int) -> dict[str, int]:
    """How many faults of each role; what one role has not, the others take."""
    wanted = {role: min(size, int(share * SHARES[role])) for role, size in sizes.items()}
    for role, size in sizes.items():
        wanted[role] += min(size - wanted[role], share - sum(wanted.values()))
    return wanted
