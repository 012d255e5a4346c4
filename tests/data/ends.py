"""Ends of networks that tests bring data to."""

from __future__ import annotations

from typing import Any

from toolkit.artifacts import ElementType, TensorSpec


def end(
    *sample: int, dtype: str = "int8", scale: float | None = None, zero_point: int = 0, name: str = "x"
) -> TensorSpec:
    """An input or output; by default its quantisation spans -1 to 1, and float32 has none."""
    plain = 0.0 if dtype in ("float32", "int32", "bool") else {"int16": 1 / 32767}.get(dtype, 2 / 255)
    return TensorSpec(name, (1, *sample), ElementType(dtype), plain if scale is None else scale, zero_point)


UNIT: Any = {"scale": 1 / 255, "zero_point": -128}
"""An int8 input that spans 0 to 1."""
