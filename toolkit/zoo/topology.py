"""Small convolutional networks in words: `c6p s13 s13 s13t s13t g F` is a whole one, with its parameters counted.

Words, left to right; N is a number of channels, `kK` a kernel other than 3 x 3:

    cN    convolution of all input channels;     cNp  with a 2 x 2 maximum after it
    sN    separable: depthwise 3 x 3, then 1 x 1 to N channels
          z  padded with zeros to the same size    t  with the weights of the separable one before it again (tied)
          n  without an activation
    rK    add the output of K steps before, its middle where that is larger, as many channels as both have
    P     2 x 2 maximum                g  mean of each channel
    dN    dense, N units               F  dense to the classes: the end, unless `s10n g` is

Every convolution and hidden dense layer is followed by a batch normalisation (while training; folded into weights and
bias at the end) and a leaky rectifier. "Parameters" counts what is stored: a tied layer's weights once. A layer that
uses them again has a bias of its own, and a multiplier for each channel, which counts too: the folded normalisation
scales the shared weights. The first use has that scale in the weights.
"""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass, field

from toolkit.errors import ModelError

CLASSES = 10
SIDE = 28
LARGEST_KERNEL = 5
_WORD = re.compile(r"(?P<kind>[csdrgPF])(?P<count>\d*)(?P<letters>(?:k\d|[pztn])*)")


class Kind(enum.IntEnum):
    """As `enum kind` in smallest/trainer/network.h."""

    INPUT = 0
    CONV = 1
    CONV_POOL = 2
    DEPTHWISE = 3
    POINTWISE = 4
    NORM = 5
    POOL = 6
    ADD = 7
    AVERAGE = 8
    DENSE = 9


@dataclass(frozen=True)
class Slot:
    """A run of trained numbers in the one array of parameters.

    Attributes:
        offset: of the first; shape: of the weights, as network.h has them: outputs first.
        fan_in: inputs that one output sums up; 0 for scales and biases.
        start: of scales and biases.
        stored: whether it is part of the finished network; the scale of a layer that is used once is not.
    """

    offset: int
    shape: tuple[int, ...]
    fan_in: int = 0
    start: float = 0.0
    stored: bool = True

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Layer:
    """One layer as the trainer runs it; see `layer_t` in network.h. Slots are places in `Topology.slots`, -1 for none.

    `use` counts how often these weights were used before: 0 where they are its own.
    """

    kind: Kind
    channels: int
    height: int
    width: int
    kernel: int = 0
    padding: int = 0
    source: int = -1
    weights: int = -1
    scale: int = -1
    bias: int = -1
    slope: float = 1.0
    use: int = 0


@dataclass(frozen=True)
class Topology:
    """A network: its words, layers in order, and slots of trained numbers."""

    words: str
    slope: float
    layers: tuple[Layer, ...]
    slots: tuple[Slot, ...]

    @property
    def trained(self) -> int:
        """Numbers that the trainer changes."""
        return sum(slot.size for slot in self.slots)

    @property
    def parameters(self) -> int:
        """Numbers that the finished network stores."""
        return sum(slot.size for slot in self.slots if slot.stored)

    @property
    def macs(self) -> int:
        """Multiplications of an inference."""
        total = 0
        for layer in self.layers:
            if layer.weights < 0:
                continue
            places = layer.height * layer.width * (4 if layer.kind is Kind.CONV_POOL else 1)
            total += self.slots[layer.weights].fan_in * layer.channels * places
        return total


@dataclass
class _Building:
    """What parsing has so far."""

    slope: float
    layers: list[Layer] = field(default_factory=lambda: [Layer(Kind.INPUT, 1, SIDE, SIDE)])
    slots: list[Slot] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    last_separable: tuple[int, int, int] | None = None  # slots of both weights, and how often they were used again

    @property
    def top(self) -> Layer:
        return self.layers[-1]

    def slot(self, shape: tuple[int, ...], fan_in: int = 0, start: float = 0.0, stored: bool = True) -> int:
        self.slots.append(Slot(sum(each.size for each in self.slots), shape, fan_in, start, stored))
        return len(self.slots) - 1

    def norm(self, *, linear: bool = False, tied: int = 0) -> None:
        top = self.top
        scale = self.slot((top.channels,), start=1.0, stored=tied > 0)
        bias = self.slot((top.channels,))
        slope = 1.0 if linear else self.slope
        self.layers.append(
            Layer(Kind.NORM, top.channels, top.height, top.width, scale=scale, bias=bias, slope=slope, use=tied)
        )


def parse(words: str, slope: float = 0.1) -> Topology:
    """The network that the words say.

    Args:
        words: see above.
        slope: of all leaky rectifiers, -1 to 1; 0 is ReLU, -1 the absolute value.

    Raises:
        ModelError: a word is not known, or has no place there.
    """
    if not -1 <= slope < 1:
        raise ModelError(f"a slope of {slope} is no leaky rectifier", "-1, 0 (ReLU) up to, but not, 1")
    building = _Building(slope)
    given = words.split()
    for place, word in enumerate(given):
        found = _WORD.fullmatch(word)
        if found is None or (word == "F" and place < len(given) - 1):
            raise ModelError(f"{words!r}: {word!r} is no word, or not at its place", "see toolkit/zoo/topology.py")
        try:
            _add(building, found["kind"], int(found["count"] or 0), found["letters"])
        except ValueError as caught:
            raise ModelError(f"{words!r}: {word!r}: {caught}", "see toolkit/zoo/topology.py") from None
        building.steps.append(len(building.layers) - 1)
    if (building.top.channels, building.top.height, building.top.width) != (CLASSES, 1, 1):
        raise ModelError(f"{words!r} does not end with {CLASSES} values", "F, or s10n g, at its end")
    return Topology(" ".join(given), slope, tuple(building.layers), tuple(building.slots))


def _add(building: _Building, kind: str, count: int, letters: str) -> None:
    kernels = re.findall(r"k(\d)", letters)
    kernel = int(kernels[0]) if kernels else 3
    top = building.top
    if kind in "csd" and not count:
        raise ValueError("how many channels?")
    if kernel > LARGEST_KERNEL or kernel < 1:
        raise ValueError(f"a kernel of {kernel}")
    if kind == "c":
        _convolution(building, count, kernel, pooled="p" in letters)
    elif kind == "s":
        _separable(building, count, kernel, letters)
    elif kind == "d":
        _dense(building, count)
        building.norm()
    elif kind == "r":
        _residual(building, count)
    elif kind == "P":
        if min(top.height, top.width) < 2:
            raise ValueError("nothing is left to pool")
        building.layers.append(Layer(Kind.POOL, top.channels, top.height // 2, top.width // 2))
    elif kind == "g":
        building.layers.append(Layer(Kind.AVERAGE, top.channels, 1, 1))
    else:
        _dense(building, CLASSES, bias=True)


def _window(top: Layer, kernel: int, padding: int = 0) -> tuple[int, int]:
    height, width = (side + 2 * padding - kernel + 1 for side in (top.height, top.width))
    if min(height, width) < 1:
        raise ValueError(f"{top.height} x {top.width} is smaller than its kernel")
    return height, width


def _convolution(building: _Building, channels: int, kernel: int, *, pooled: bool) -> None:
    top = building.top
    height, width = _window(top, kernel)
    if pooled and min(height, width) < 2:
        raise ValueError("nothing is left to pool")
    weights = building.slot((channels, top.channels, kernel, kernel), top.channels * kernel * kernel)
    which = Kind.CONV_POOL if pooled else Kind.CONV
    share = 2 if pooled else 1
    building.layers.append(Layer(which, channels, height // share, width // share, kernel, weights=weights))
    building.norm()


def _separable(building: _Building, channels: int, kernel: int, letters: str) -> None:
    top = building.top
    padding = kernel // 2 if "z" in letters else 0
    height, width = _window(top, kernel, padding)
    shapes = ((top.channels, kernel, kernel), (channels, top.channels))
    use = 0
    if "t" in letters:
        if building.last_separable is None:
            raise ValueError("nothing before it to be tied to")
        depthwise, pointwise, used = building.last_separable
        if (building.slots[depthwise].shape, building.slots[pointwise].shape) != shapes:
            raise ValueError("the weights before it have another shape")
        use = used + 1
    else:
        depthwise, pointwise = building.slot(shapes[0], kernel * kernel), building.slot(shapes[1], top.channels)
    building.last_separable = (depthwise, pointwise, use)
    building.layers += [
        Layer(Kind.DEPTHWISE, top.channels, height, width, kernel, padding, weights=depthwise, use=use),
        Layer(Kind.POINTWISE, channels, height, width, weights=pointwise, use=use),
    ]
    building.norm(linear="n" in letters, tied=use)


def _dense(building: _Building, units: int, *, bias: bool = False) -> None:
    top = building.top
    weights = building.slot((units, top.channels, top.height, top.width), top.channels * top.height * top.width)
    at = building.slot((units,)) if bias else -1
    building.layers.append(Layer(Kind.DENSE, units, 1, 1, weights=weights, bias=at))


def _residual(building: _Building, back: int) -> None:
    top = building.top
    if not 1 <= back < len(building.steps):
        raise ValueError(f"there are not {back} steps before it")
    source = building.steps[-1 - back]
    if building.layers[source].height < top.height:
        raise ValueError("what it adds is smaller")
    building.layers.append(Layer(Kind.ADD, top.channels, top.height, top.width, source=source))
