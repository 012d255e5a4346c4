"""The host's interpreters, which give the outputs that a device must equal.

TensorFlow Lite Micro itself where its wheel exists (Linux on x86-64): byte for byte, it is the measure. Elsewhere our
own reading of its arithmetic (`exact`), which the tests hold to that wheel, for networks of which it knows every
operator. For all others LiteRT or TensorFlow's own interpreter with the reference kernels. Those give the same float32
outputs but for the last bits; of int8 outputs a few in a hundred differ, as their dense and softmax kernels round
otherwise.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import __version__, process
from toolkit.artifacts import TensorSpec
from toolkit.data.scaling import Scaling
from toolkit.data.tensor import quantised
from toolkit.errors import ModelError
from toolkit.quiet_tensorflow import quiet
from toolkit.reference import exact
from toolkit.reference.exact import held
from toolkit.reference.rounding import Rounding
from toolkit.tflite import description, ends, int8_tables
from toolkit.tflite.ends import ends_of

Progress = Callable[[int, int], None]
"""Called with the number of inputs done and their total."""

Array = npt.NDArray[Any]
Infer = Callable[[Sequence[Array]], list[Array]]
"""From one sample, an array of each input's own shape and type, to one of each output's."""

_REPORT_SECONDS = 0.2


def quantise(tflite: bytes, elements: Array, scale: Scaling | None = None, place: int = 0) -> Array:
    """Samples as one of the model's own inputs.

    Args:
        tflite: the model; that input must have as many elements as a sample.
        elements: [N, ...]: real values, or the uint8 elements that `scale` makes them of.
        scale: what the elements stand for; None: they are real values.
        place: of the input.

    Returns:
        [N, *sample] of the input's type: see `quantised`.

    Raises:
        ModelError: the input does not have as many elements as a sample.
    """
    spec = ends_of(tflite).inputs[place]
    if spec.elements * len(elements) != elements.size:
        raise ModelError(
            f"the model takes {spec.elements} values, a sample has {elements[0].size}",
            "this data is not for this model",
        )
    real = np.asarray(elements, np.float32) if scale is None else scale.real(elements)
    return quantised(real.reshape(len(elements), *spec.sample), spec)


def inputs_of(tflite: bytes, inputs: Sequence[Array], scale: Scaling | None) -> tuple[Array, ...]:
    """A set's inputs as the network's own; `scale` as in `quantise`, None: they are that already.

    Raises:
        ModelError: see `quantise`.
    """
    if scale is None:
        return tuple(inputs)
    return tuple(quantise(tflite, each, scale, place) for place, each in enumerate(inputs))


def dequantise(tflite: bytes, outputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The first output of rows of output bytes, uint8 [N, output_bytes], as real values, float32 [N, elements]."""
    specs = ends_of(tflite).outputs
    stored = specs[0].stored(ends.split(specs, outputs)[0]).reshape(len(outputs), -1)
    if not specs[0].quantised:
        return np.asarray(stored, np.float32)
    real = (stored.astype(np.float32) - specs[0].zero_point) * np.float32(specs[0].scale)
    return np.asarray(real, np.float32)


OFFICIAL = "tflite_micro"
"""TensorFlow Lite Micro's own interpreter: the measure of every int8 output."""

OWN = "exact"
"""Our own reading of its arithmetic: decides where its wheel does not exist."""

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


def measure(tflite: bytes) -> str:
    """What a network is held to on this computer: OFFICIAL, OWN where that is not installed, otherwise a stand-in.

    Raises:
        ModelError: the file is broken, or nothing here can compute it.
    """
    if is_installed(OFFICIAL):
        return OFFICIAL
    return OWN if not _unknown(tflite) else interpreter_name()


def decides(tflite: bytes) -> bool:
    """Whether that is the measure of int8 outputs, not a stand-in which rounds otherwise."""
    return measure(tflite) in (OFFICIAL, OWN)


@functools.lru_cache(maxsize=4)
def _unknown(tflite: bytes) -> tuple[str, ...]:
    return exact.says(tflite) or held.untried(description.describe(tflite))


def describe(tflite: bytes) -> str:
    """Name and version of what computes a network here, for the report."""
    package = measure(tflite)
    if package == OWN:
        return f"tinyml {__version__}'s own reading of TensorFlow Lite Micro"
    titles = {
        "tflite_micro": "TensorFlow Lite Micro",
        "ai_edge_litert": "LiteRT (reference kernels)",
        "tensorflow": "TensorFlow Lite (reference kernels)",
    }
    return f"{titles[package]} {importlib.metadata.version(package.replace('_', '-'))}"


def expected_outputs(
    tflite: bytes, inputs: Array | Sequence[Array], *, progress: Progress | None = None, interpreter: str | None = None
) -> npt.NDArray[np.uint8]:
    """What the network answers on the host.

    Args:
        tflite: the model.
        inputs: one array per input, [N, *sample] of its type; where there is one input, its array will do.
        progress: called with how many are done of how many, several times a second and at the end.
        interpreter: a package that `interpreter_name` may give, OWN or OPTIMISED; None is the best to prove by.

    Returns:
        uint8 [N, output_bytes]: the bytes of all outputs, one after the other (`tflite.ends.split`).

    Raises:
        ModelError: the inputs do not fit the model, or the interpreter refuses the model.
    """
    io = ends_of(tflite)
    given = (inputs,) if isinstance(inputs, np.ndarray) else tuple(inputs)
    kinds = [(str(each.dtype), each.shape[1:]) for each in given]
    if kinds != [(str(spec.numpy), spec.sample) for spec in io.inputs]:
        said, due = (
            ", ".join(f"{kind} {list(shape)}" for kind, shape in each)
            for each in (kinds, [(spec.dtype, spec.sample) for spec in io.inputs])
        )
        raise ModelError(f"the inputs are {said}; the model takes {due}", "this data is not for this model")
    count = len(given[0])
    package = interpreter or measure(tflite)
    if package == OWN:
        return exact.outputs(tflite, given, progress=progress)
    try:
        infer = runner(tflite, package)
        outputs = np.empty((count, ends.size_bytes(io.outputs)), np.uint8)
        told = time.monotonic()
        for place in range(count):
            answer = infer(sample(io.inputs, given, place))
            outputs[place] = np.frombuffer(b"".join(each.tobytes() for each in answer), np.uint8)
            now = time.monotonic()
            if progress is not None and (now - told > _REPORT_SECONDS or place + 1 == count):
                progress(place + 1, count)
                told = now
    except (RuntimeError, ValueError) as caught:
        reason = (str(caught).strip().splitlines() or ["it gave no reason"])[0]
        raise ModelError(f"{package} cannot run the model: {reason}", "tinyml models lists those that run") from caught
    return outputs


def sample(specs: Sequence[TensorSpec], inputs: Sequence[Array], place: int) -> list[Array]:
    """One sample of arrays [N, *sample], each in its tensor's own shape."""
    return [each[place].reshape(spec.shape) for spec, each in zip(specs, inputs, strict=True)]


def rounding(tflite: bytes) -> Rounding:
    """Tells how far a float32 network's outputs may move by rounding alone.

    Raises:
        ModelError: no interpreter is installed.
    """
    package = measure(tflite)
    return Rounding(tflite, lambda changed: runner(changed, package))


_PROBE = """
import pathlib, sys
import numpy as np
from toolkit import reference
from toolkit.tflite.ends import ends_of
tflite = pathlib.Path(sys.argv[1]).read_bytes()
reference.expected_outputs(tflite, [np.zeros((1, *spec.sample), spec.numpy) for spec in ends_of(tflite).inputs])
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
    if done.died is not None:
        raise ModelError(
            f"the reference interpreter dies of {model.name} ({done.died})",
            "are its scales those of a trained network? Convert it again with real calibration data",
        )


def runner(tflite: bytes, package: str) -> Infer:
    """A function from one sample's inputs to its outputs.

    Raises:
        RuntimeError, ValueError: the interpreter refuses the model; the function raises them too.
    """
    if package == OWN:
        return lambda values: exact.outputs_of_one(tflite, values)
    return _tflm(tflite) if package == OFFICIAL else _lite(tflite, package)


def _tflm(tflite: bytes) -> Infer:
    from tflite_micro.python.tflite_micro import runtime

    if is_installed("ai_edge_litert"):
        tflite = int8_tables.with_tables(tflite)
    # With 64-bit pointers an arena is larger than on a device; memory is plentiful here and is not reported.
    interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=max(1 << 20, 40 * len(tflite)))
    outputs = range(len(ends_of(tflite).outputs))
    keeps_state = description.describe(tflite).keeps_state

    def infer(values: Sequence[Array]) -> list[Array]:
        if keeps_state:
            interpreter.reset()  # every sample for itself, as a device is asked
        for place, value in enumerate(values):
            interpreter.set_input(value, place)
        interpreter.invoke()
        return [np.array(interpreter.get_output(place)) for place in outputs]

    return infer


def _lite(tflite: bytes, package: str) -> Infer:
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
    sources, sinks = (
        [details["index"] for details in each]
        for each in (interpreter.get_input_details(), interpreter.get_output_details())
    )

    def infer(values: Sequence[Array]) -> list[Array]:
        interpreter.reset_all_variables()
        for source, value in zip(sources, values, strict=True):
            interpreter.set_tensor(source, value)
        interpreter.invoke()
        return [interpreter.get_tensor(sink) for sink in sinks]

    return infer
