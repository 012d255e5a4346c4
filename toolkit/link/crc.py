"""CRC-32 of bytes that come in parts, each with a CRC-32 of its own."""

from __future__ import annotations

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
"""x^0, as reflected CRCs have it: the highest bit."""


def _times(a: int, b: int) -> int:
    """The product of two polynomials over GF(2), modulo CRC-32's, reflected."""
    product, bit = 0, _ONE
    while bit:
        if a & bit:
            product ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
        bit >>= 1
    return product


def joined(first: int, second: int, size: int) -> int:
    """CRC-32 of a part and the part behind it, from those of the two; `size`: bytes of the second.

    Behind the first come `size` bytes: its CRC is multiplied by x^(8 size). M. Adler's crc32_combine() of zlib.
    """
    power, base, left = _ONE, _ONE >> 8, size
    while left:
        if left & 1:
            power = _times(power, base)
        base, left = _times(base, base), left >> 1
    return _times(first, power) ^ second
