"""The host's interpreters, which give the outputs that a device must equal.

TensorFlow Lite Micro itself where its wheel exists (Linux on x86-64): byte for byte, it alone is the measure.
Otherwise LiteRT or TensorFlow's own interpreter with the reference kernels. Those give the same float32 outputs but for
the last bits; of int8 outputs a few in a hundred differ, as their dense and softmax kernels round otherwise.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import process
from toolkit.artifacts import ElementType
from toolkit.data.scaling import Scaling
from toolkit.data.tensor import quantised
from toolkit.errors import ModelError
from toolkit.quiet_tensorflow import quiet
from toolkit.reference.rounding import Rounding
from toolkit.tflite import int8_tables
from toolkit.tflite.ends import ends_of

Progress = Callable[[int, int], None]
"""Called with the number of inputs done and their total."""

_REPORT_SECONDS = 0.2


def quantise(tflite: bytes, elements: npt.NDArray[Any], scale: Scaling | None = None) -> npt.NDArray[Any]:
    """Samples as the model's own input.

    Args:
        tflite: the model; its input must have as many elements as a sample.
        elements: [N, ...]: real values, or the uint8 elements that `scale` makes them of.
        scale: what the elements stand for; None: they are real values.

    Returns:
        [N, *shape without the batch] of the input's type: see `quantised`.

    Raises:
        ModelError: the input does not have as many elements as a sample.
    """
    spec = ends_of(tflite).input
    if spec.elements * len(elements) != elements.size:
        raise ModelError(
            f"the model takes {spec.elements} values, a sample has {elements[0].size}",
            "this data is not for this model",
        )
    real = np.asarray(elements, np.float32) if scale is None else scale.real(elements)
    return quantised(real.reshape(len(elements), *spec.shape[1:]), spec)


def dequantise(tflite: bytes, outputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Output bytes, uint8 [N, output_bytes], as real values, float32 [N, elements]."""
    spec = ends_of(tflite).output
    stored = np.ascontiguousarray(outputs).view(spec.numpy)
    if spec.dtype is ElementType.FLOAT32:
        return np.asarray(stored, np.float32)
    return ((stored.astype(np.float32) - spec.zero_point) * np.float32(spec.scale)).astype(np.float32)


OFFICIAL = "tflite_micro"
"""TensorFlow Lite Micro's own interpreter: the measure of every int8 output."""

OPTIMISED = "ai_edge_litert, optimised"
"""LiteRT with its optimised kernels, a hundred times faster than reference kernels: to score by, never to prove by. Its
float32 sums run in another order, and an int8 output may be one step off."""


def is_installed(package: str) -> bool:
    """True if the interpreter's package can be imported."""
    return importlib.util.find_spec(package) is not None


def interpreter_name() -> str:
    """The package that will compute: "tflite_micro", "ai_edge_litert" or "tensorflow".

    Raises:
        ModelError: none of them is installed.
    """
    for package in (OFFICIAL, "ai_edge_litert", "tensorflow"):
        if is_installed(package):
            return package
    raise ModelError("no interpreter is installed", "install one with: pip install ai-edge-litert")


def describe() -> str:
    """The interpreter's name and version, for the report."""
    package = interpreter_name()
    titles = {
        "tflite_micro": "TensorFlow Lite Micro",
        "ai_edge_litert": "LiteRT (reference kernels)",
        "tensorflow": "TensorFlow Lite (reference kernels)",
    }
    return f"{titles[package]} {importlib.metadata.version(package.replace('_', '-'))}"


def expected_outputs(
    tflite: bytes, inputs: npt.NDArray[Any], *, progress: Progress | None = None, interpreter: str | None = None
) -> npt.NDArray[np.uint8]:
    """What the network answers on the host.

    Args:
        tflite: the model.
        inputs: [N, *shape without the batch], of the input's type.
        progress: called with how many are done of how many, several times a second and at the end.
        interpreter: one of the packages that `interpreter_name` may give, or OPTIMISED; None is the best to prove by.

    Returns:
        uint8 [N, output_bytes]: the bytes of the output tensor, little-endian.

    Raises:
        ModelError: the inputs do not fit the model, or the interpreter refuses the model.
    """
    spec = ends_of(tflite)
    if inputs.shape[1:] != spec.input.shape[1:] or inputs.dtype != spec.input.numpy:
        raise ModelError(
            f"the inputs are {inputs.dtype} {inputs.shape[1:]}, "
            f"the model takes {spec.input.dtype} {spec.input.shape[1:]}"
        )
    package = interpreter or interpreter_name()
    try:
        infer = runner(tflite, package)
        outputs = np.empty((len(inputs), spec.output.size_bytes), np.uint8)
        told = time.monotonic()
        for place in range(len(inputs)):
            outputs[place] = np.frombuffer(infer(inputs[place : place + 1]).tobytes(), np.uint8)
            now = time.monotonic()
            if progress is not None and (now - told > _REPORT_SECONDS or place + 1 == len(inputs)):
                progress(place + 1, len(inputs))
                told = now
    except (RuntimeError, ValueError) as caught:
        reason = (str(caught).strip().splitlines() or ["it gave no reason"])[0]
        raise ModelError(f"{package} cannot run the model: {reason}", "tinyml models lists those that run") from caught
    return outputs


def rounding(tflite: bytes) -> Rounding:
    """Tells how far a float32 network's outputs may move by rounding alone.

    Raises:
        ModelError: no interpreter is installed.
    """
    package = interpreter_name()
    return Rounding(tflite, lambda changed: runner(changed, package))


_PROBE = """
import pathlib, sys
import numpy as np
from toolkit import reference
tflite = pathlib.Path(sys.argv[1]).read_bytes()
spec = ends_of(tflite).input
reference.expected_outputs(tflite, np.zeros((1, *spec.shape[1:]), spec.numpy))
"""
PROBE_SECONDS = 120.0


def probe(model: Path, code: str = _PROBE) -> None:
    """Try a model of unknown origin in a process of its own: the official interpreter aborts on some absurd ones.

    Args:
        model: the `.tflite`.
        code: Python that computes the model whose path is its argument.

    Raises:
        ModelError: the interpreter died of it. What it refuses in words is left to `expected_outputs`.
        ToolError: it did not end in time.
    """
    done = process.run([sys.executable, "-P", "-c", code, str(model)], timeout=PROBE_SECONDS, check=False)
    if done.returncode < 0:
        raise ModelError(
            f"the reference interpreter dies of {model.name} (signal {-done.returncode})",
            "are its scales those of a trained network? Convert it again with real calibration data",
        )


def runner(tflite: bytes, package: str) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    """A function from one input, batch of 1 in front, to the output.

    Raises:
        RuntimeError, ValueError: the interpreter refuses the model; the function raises them too.
    """
    return _tflm(tflite) if package == OFFICIAL else _lite(tflite, package)


def _tflm(tflite: bytes) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    from tflite_micro.python.tflite_micro import runtime

    if is_installed("ai_edge_litert"):
        tflite = int8_tables.with_tables(tflite)
    # With 64-bit pointers an arena is larger than on a device; memory is plentiful here and is not reported.
    interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=max(1 << 20, 40 * len(tflite)))

    def infer(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
        interpreter.set_input(value, 0)
        interpreter.invoke()
        return interpreter.get_output(0)  # type: ignore[no-any-return]

    return infer


def _lite(tflite: bytes, package: str) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    if package in ("ai_edge_litert", OPTIMISED):
        from ai_edge_litert import interpreter as module

        kinds = module.OpResolverType
        kernels = kinds.AUTO if package == OPTIMISED else kinds.BUILTIN_REF
        with quiet():  # it tells of its delegate
            interpreter = module.Interpreter(model_content=tflite, experimental_op_resolver_type=kernels)
            interpreter.allocate_tensors()
    else:
        import tensorflow as tf

        interpreter = tf.lite.Interpreter(
            model_content=tflite, experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF
        )
        interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def infer(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
        interpreter.set_tensor(source, value)
        interpreter.invoke()
        return interpreter.get_tensor(sink)  # type: ignore[no-any-return]

    return infer
