"""The .tflite format: a file described with every index checked, what neither runtime can take of it, and rewrites."""

from __future__ import annotations

from toolkit.tflite import ends, obstacles, source
from toolkit.tflite.description import Description, describe
from toolkit.tflite.obstacles import Obstacle, UnsupportedError
from toolkit.tflite.rewrite import Rewritten, rewrite

__all__ = [
    "Description",
    "Obstacle",
    "Rewritten",
    "UnsupportedError",
    "describe",
    "ends",
    "obstacles",
    "rewrite",
    "source",
]
