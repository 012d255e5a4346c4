"""RAM of a network that runs row by row, calculated: of a program that keeps as few rows as its kernels reach over.

Rows of the picture come in one at a time. Each convolution keeps as many rows of its input as its kernel is high, in a
ring; the row that falls out makes room for the next, and a 2 x 2 maximum is built up in the place of the row that comes
next. A depthwise result is one pixel, mixed at once. A mean keeps one int32 sum a channel. All else is int8. Stack,
code and the link are not in it.
"""

from __future__ import annotations

from toolkit.zoo.topology import Kind, Topology

_WINDOWS = (Kind.CONV, Kind.CONV_POOL, Kind.DEPTHWISE)


def ram_bytes(topology: Topology) -> int:
    """Bytes of all rings, sums and pixels; see above."""
    total, pixel = 0, 0
    for before, layer in zip(topology.layers, topology.layers[1:], strict=False):
        if layer.kind in _WINDOWS:
            total += layer.kernel * before.width * before.channels
        if layer.kind is Kind.DEPTHWISE:
            pixel = max(pixel, layer.channels)
        elif layer.kind is Kind.AVERAGE:
            total += 4 * layer.channels + layer.channels
        elif layer.kind is Kind.DENSE:
            # What it reads lies whole where it is more than a mean; then its own values.
            total += (
                before.channels * before.height * before.width if before.kind is not Kind.AVERAGE else 0
            ) + layer.channels
        elif layer.kind is Kind.ADD:
            source = topology.layers[layer.source]
            total += (source.height - layer.height + 1) * source.width * source.channels
    return total + pixel
