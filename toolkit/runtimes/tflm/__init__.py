"""The `tflm` runtime: what a model needs of TensorFlow Lite Micro, generated, never written by hand."""

from __future__ import annotations

from toolkit.runtimes.tflm import figures, operators
from toolkit.runtimes.tflm.arena import Arena
from toolkit.runtimes.tflm.engine import Prepared, for_toolchain, needs_per_tensor, prepare
from toolkit.runtimes.tflm.library import Library, find_library

__all__ = ["Arena", "Library", "Prepared", "check", "find_library", "for_toolchain", "needs_per_tensor", "prepare"]


def check(tflite: bytes, *, arduino: bool) -> None:
    """Ask the interpreter whether it would take a model, without a library at hand.

    Args:
        tflite: the model; its ends must be of the types that are supported.
        arduino: the library is one of the Arduino ones.

    Raises:
        ModelError: it would not, or the interpreter is not installed on this computer.
    """
    operators.check(operators.uses(tflite), arduino=arduino)
    figures.measure(tflite)
