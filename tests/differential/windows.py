"""How a window moves over an image: drawn for convolutions and pools."""

from __future__ import annotations

from tests.compiler.graphs import out_size, padding
from tests.differential.dice import Dice


def window(d: Dice, *, dilated: bool) -> tuple[list[int], list[int], list[int], list[int], bool]:
    """Kernel, stride, dilation, image size (each height, width) and SAME: images, or signals of one row."""
    signal = d.chance(0.25)
    kernel = [1 if signal else d.small(1, 6), d.small(1, 9 if signal else 6)]
    stride = [1 if signal else d.small(1, 4), d.small(1, 5)]
    far = 70 if signal and d.chance(0.15) else 4
    dilation = [d.small(1, 4) if not signal and d.chance(0.3) else 1, d.small(1, far) if d.chance(0.3) else 1]
    if not dilated:
        dilation = [1, 1]
    same = d.chance(0.5)
    reach = [(k - 1) * s + 1 for k, s in zip(kernel, dilation, strict=True)]
    # SAME takes images smaller than the window.
    size = [(1 if same and d.chance(0.3) else r) + d.small(0, 40 if signal else 10) for r in reach]
    if signal:
        size[0] = 1
    return kernel, stride, dilation, size, same


def out_sizes(kernel: list[int], stride: list[int], dilation: list[int], size: list[int], same: bool) -> list[int]:
    return [out_size(size[i], kernel[i], stride[i], dilation[i], same) for i in (0, 1)]


def windowed(kernel: list[int] | None, stride: list[int], dilation: list[int] | None, same: bool) -> dict[str, int]:
    members = {"padding": padding(same), "strideH": stride[0], "strideW": stride[1]}
    if kernel is not None:
        members |= {"filterHeight": kernel[0], "filterWidth": kernel[1]}
    if dilation is not None:
        members |= {"dilationHFactor": dilation[0], "dilationWFactor": dilation[1]}
    return members
