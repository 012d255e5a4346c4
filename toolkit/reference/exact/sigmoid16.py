"""LOGISTIC and TANH on int16: one table, and a line between its entries.

Sources: tensorflow/lite/kernels/internal/reference/integer_ops/{logistic,tanh}.h, sigmoid_table_uint16 in
tensorflow/lite/kernels/internal/common.h, and tensorflow/lite/micro/kernels/{logistic_common,tanh}.cc.
"""

from __future__ import annotations

import math

import numpy as np

from toolkit.reference.exact.fixed import Ints, half_away
from toolkit.reference.exact.node import Node

# sigmoid(i / 24) in Q0.16, as the kernels have it: not the nearest number everywhere.
_SIGMOID = np.array([
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064,
    42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464,
    50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503,
    56823, 57133, 57433, 57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370,
    60565, 60753, 60935, 61110, 61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666,
    62778, 62886, 62990, 63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968,
    64030, 64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687,
    64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079,
    65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234, 65246, 65258, 65269, 65280, 65291,
    65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367, 65374, 65381, 65387, 65393, 65399, 65404,
    65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465,
    65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498,
    65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524, 65525, 65525,
    65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530, 65530,
    65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534,
    65535,
], np.int64)  # fmt: skip


def log2(scale: float) -> tuple[int, bool]:
    """CheckedLog2: the nearest power of two's exponent, and whether the scale is that power."""
    exact = math.log2(scale) if scale > 0 else math.inf
    if not math.isfinite(exact):
        return 0, False
    return half_away(exact), abs(exact - half_away(exact)) < 1e-3


def _scaled(node: Node, x: Ints, powers: tuple[int, ...]) -> Ints:
    """The input in units of 1/4096, times three.

    Args:
        node: its input's scale is used.
        x: stored values; the zero point is 0.
        powers: shifts for which a scale that is a power of two needs no multiplier.
    """
    if node.zero(node.input(0)) or node.zero(node.output):
        raise node.cannot("has a zero point on int16")
    if log2(node.scale(node.output)) != (-15, True):
        raise node.cannot("has an output that is not 1/32768 a step")
    scale = node.scale(node.input(0))
    exponent, is_power = log2(scale)
    if is_power and 12 + exponent in powers:
        return x * (3 << (12 + exponent))
    factor, shift = scale * 4096.0 * 3.0, 0
    while factor <= 32767.0 / 2.0 and shift <= 30:
        factor, shift = factor * 2.0, shift + 1
    if factor > 32767.0:
        raise node.cannot("has a scale that is too large for its kernel")
    return (x * int(factor) + ((1 << (shift - 1)) if shift else 0)) >> shift


def _interpolated(x: Ints, bits: int, beyond: int) -> Ints:
    """The table at abs(x) / 2**bits, times 2**bits; `beyond` from its last entry on."""
    size = np.abs(x)
    place = np.minimum(size >> bits, 254)
    low = np.take(_SIGMOID, place)
    within = (low << bits) + (size & ((1 << bits) - 1)) * (np.take(_SIGMOID, place + 1) - low)
    return np.where(size >> bits >= 255, beyond, within)


def logistic_of(scaled: Ints) -> Ints:
    """The kernel's inner part: of the input in units of 1/4096, times three, to Q0.15."""
    made = _interpolated(scaled, 9, 0x7FFF << 10)
    return np.where(scaled >= 0, made + (1 << 9), (1 << 25) - made + (1 << 9) - 1) >> 10


def tanh_of(scaled: Ints) -> Ints:
    """The same of tanh."""
    made = _interpolated(scaled, 8, 0xFFFF << 8)
    return np.where(scaled >= 0, made - (1 << 23) + (1 << 7), -made + (1 << 23) + (1 << 7) - 1) >> 8


def sigmoid16(node: Node, x: Ints) -> Ints:
    """LOGISTIC, int16 to int16."""
    return logistic_of(_scaled(node, x, (0,)))


def tanh16(node: Node, x: Ints) -> Ints:
    """TANH, int16 to int16."""
    return tanh_of(_scaled(node, x, (0, 1)))
