"""What shape each operator makes of its inputs' shapes, and the integers of shape arithmetic, as LiteRT has them."""

from __future__ import annotations

from toolkit.tflite.shapes.node import Node, Shape, UnknownError, Value
from toolkit.tflite.shapes.rules import shapes_of
from toolkit.tflite.shapes.values import LARGEST_VALUE, OF_SHAPES, value_of

__all__ = ["LARGEST_VALUE", "OF_SHAPES", "Node", "Shape", "UnknownError", "Value", "shapes_of", "value_of"]
