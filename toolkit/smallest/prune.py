"""Structured pruning: channels leave a trained network, the least harmful ones first, until it is as narrow as asked.

A channel is all that goes with it: the weights that make it and read it, its scale, offset and statistics, in every
layer that is tied to its own. How harmful it is, is measured: the loss on training images when nothing reads it, the
normalisations behind it adapted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from toolkit.errors import TrainError
from toolkit.smallest import native
from toolkit.smallest.data import REAL, Images
from toolkit.zoo.topology import Kind, Layer, Topology

Floats = npt.NDArray[np.float32]
IMAGES = 8192
"""Of the training set, that tell what a channel is worth."""
_MIXING = (Kind.CONV, Kind.CONV_POOL, Kind.POINTWISE, Kind.DENSE)


@dataclass
class Group:
    """Channels that are one: where a channel leaves, it leaves everywhere here.

    Attributes:
        channels: how many there are.
        held: (slot, axis) along which its parameters lie; read: those of them that read it from a layer before.
    """

    channels: int
    held: set[tuple[int, int]] = field(default_factory=set)
    read: set[tuple[int, int]] = field(default_factory=set)


class _Groups:
    """Finds them, from the input to the output; `_same` leads from a group to the one it turned out to be."""

    def __init__(self) -> None:
        self._made: list[Group] = []
        self._same: list[int] = []
        self._of: dict[tuple[int, int], int] = {}  # by slot and axis

    def add(self, layer: Layer, current: int) -> int:
        """The group of a layer's outputs, by that of its inputs (-1: the picture's)."""
        if layer.kind in _MIXING:
            self._hold(layer.weights, 1, current, read=True)
            current = self._of.get((layer.weights, 0), -1)
            if current < 0:
                self._same.append(len(self._made))
                self._made.append(Group(layer.channels))
                current = len(self._made) - 1
            self._hold(layer.weights, 0, current)
        elif layer.kind is Kind.DEPTHWISE:
            self._hold(layer.weights, 0, current)
        for slot in (layer.scale, layer.bias):
            self._hold(slot, 0, current)
        return current

    def _hold(self, slot: int, axis: int, group: int, *, read: bool = False) -> None:
        if slot < 0 or group < 0:
            return
        known = self._of.setdefault((slot, axis), group)
        if self._root(known) != self._root(group):
            self._same[self._root(group)] = self._root(known)
        root = self._made[self._root(known)]
        root.held.add((slot, axis))
        if read:
            root.read.add((slot, axis))

    def _root(self, group: int) -> int:
        while self._same[group] != group:
            group = self._same[group]
        return group

    def found(self) -> list[Group]:
        """In the order of the layers that make them first."""
        for place, each in enumerate(self._made):
            root = self._made[self._root(place)]
            root.held |= each.held
            root.read |= each.read
        return [each for place, each in enumerate(self._made) if self._root(place) == place]


def groups(topology: Topology) -> list[Group]:
    """Of all its channels but the picture's.

    Raises:
        TrainError: it has a sum, whose channels this does not follow.
    """
    if any(layer.kind is Kind.ADD for layer in topology.layers):
        raise TrainError(f"{topology.words}: networks with sums are not pruned")
    building, current = _Groups(), -1
    for layer in topology.layers:
        current = building.add(layer, current)
    return building.found()


def inside(topology: Topology, target: Topology) -> npt.NDArray[np.int32]:
    """int32 [target.trained]: where the first channels of the wide network have the narrow one's parameters.

    Raises:
        TrainError: the two differ in more than their widths.
    """
    places = np.arange(topology.trained, dtype=np.int32)
    slots = [places[slot.offset : slot.offset + slot.size].reshape(slot.shape) for slot in topology.slots]
    for few, many in _pairs(topology, target):
        for slot, axis in many.held:
            slots[slot] = np.take(slots[slot], range(few.channels), axis=axis)
    return np.concatenate([each.reshape(-1) for each in slots])


def _pairs(topology: Topology, target: Topology) -> list[tuple[Group, Group]]:
    """The narrow network's groups, each beside the wide one's."""
    wide, narrow = groups(topology), groups(target)
    shape = [(layer.kind, layer.use, layer.kernel, layer.padding) for layer in topology.layers]
    same = shape == [(layer.kind, layer.use, layer.kernel, layer.padding) for layer in target.layers]
    if not same or [each.held for each in wide] != [each.held for each in narrow]:
        raise TrainError(f"{target.words} is not {topology.words} with fewer channels")
    if any(few.channels > many.channels for few, many in zip(narrow, wide, strict=True)):
        raise TrainError(f"{target.words} is wider than {topology.words}")
    return list(zip(narrow, wide, strict=True))


def pruned(topology: Topology, parameters: Floats, target: Topology, images: Images) -> Floats:
    """Parameters of the narrower network: float32 [target.trained].

    Args:
        topology, parameters: of the trained one.
        target: the same layers with fewer channels.
        images: of the training set; the first IMAGES of them are asked.

    Raises:
        TrainError: the two differ in more than their widths.
    """
    pairs = _pairs(topology, target)
    asked = Images(images.pixels[:IMAGES], images.labels[:IMAGES])
    network = native.Network(topology)
    slots = [parameters[slot.offset : slot.offset + slot.size].reshape(slot.shape).copy() for slot in topology.slots]
    gone: list[tuple[Group, list[int]]] = []
    for few, many in pairs:
        out: list[int] = []
        for _ in range(many.channels - few.channels):
            left = [channel for channel in range(many.channels) if channel not in out]
            out.append(min(left, key=lambda channel: _loss(network, _without(slots, many, channel), asked)))
            slots = _without(slots, many, out[-1])
        gone.append((many, out))
    for group, channels in gone:
        for slot, axis in group.held:
            slots[slot] = np.delete(slots[slot], channels, axis=axis)
    return np.concatenate([each.reshape(-1) for each in slots]).astype(np.float32)


def _without(slots: list[Floats], group: Group, channel: int) -> list[Floats]:
    """The parameters where nothing reads a channel."""
    changed = list(slots)
    for slot, axis in group.read:
        changed[slot] = changed[slot].copy()
        np.moveaxis(changed[slot], axis, 0)[channel] = 0
    return changed


def _loss(network: native.Network, slots: list[Floats], images: Images) -> float:
    """Mean cross-entropy, the normalisations with the statistics of these very images."""
    parameters = np.concatenate([each.reshape(-1) for each in slots]).astype(np.float32)
    network.collect(parameters, REAL, images.pixels)
    return cross_entropy(network.run(parameters, REAL, images.pixels), images.labels)


def cross_entropy(scores: Floats, labels: npt.NDArray[np.uint8]) -> float:
    """Mean over [N, classes] scores before the softmax."""
    high = scores.astype(np.float64)
    high -= high.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(high).sum(axis=1)) - high[np.arange(len(labels)), labels]))
