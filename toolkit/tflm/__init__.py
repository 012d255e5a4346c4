"""The `tflm` runtime: what a model needs of TensorFlow Lite Micro, generated, never written by hand."""

from __future__ import annotations

from toolkit.tflm.arena import Arena
from toolkit.tflm.engine import Prepared, for_toolchain, needs_per_tensor, prepare
from toolkit.tflm.library import Library, find_library

__all__ = ["Arena", "Library", "Prepared", "find_library", "for_toolchain", "needs_per_tensor", "prepare"]
