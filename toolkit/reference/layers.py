"""What the host has for every tensor on the way: to hold a device's layers against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import TensorSpec
from toolkit.errors import ModelError
from toolkit.quiet_tensorflow import quiet
from toolkit.reference import OFFICIAL, OWN, exact, is_installed, measure
from toolkit.tflite import description, int8_tables

Array = npt.NDArray[Any]
Tensors = dict[int, bytes]
"""Number of a tensor -> its bytes."""

_ARENA = 1 << 30  # untouched pages of it cost nothing


def tensors_of(tflite: bytes, wanted: Sequence[int]) -> Callable[[Sequence[Array]], Tensors]:
    """A function from one sample's inputs, each in its tensor's own shape, to the bytes of tensors on the way.

    Args:
        wanted: their numbers in the network; an operator must write each.

    Raises:
        ModelError: nothing here computes this network tensor by tensor. The function raises it too.
    """
    package = measure(tflite)
    if package == OWN:
        return lambda values: _exact(tflite, values, wanted)
    try:
        infer = _tflm(tflite, wanted) if package == OFFICIAL else _lite(tflite, package, wanted)
    except (RuntimeError, ValueError) as caught:
        raise _refused(package, caught) from caught

    def tensors(values: Sequence[Array]) -> Tensors:
        try:
            return infer(values)
        except (RuntimeError, ValueError) as caught:
            raise _refused(package, caught) from caught

    return tensors


def _refused(package: str, caught: Exception) -> ModelError:
    reason = (str(caught).strip().splitlines() or ["it gave no reason"])[0]
    return ModelError(f"{package} does not tell of the network's layers: {reason}", "--trace 0 asks for none")


def _exact(tflite: bytes, values: Sequence[Array], wanted: Sequence[int]) -> Tensors:
    found = exact.tensors(tflite, [value[None] for value in values])
    return {tensor: np.ascontiguousarray(found[tensor][0]).tobytes() for tensor in wanted}


def _tflm(tflite: bytes, wanted: Sequence[int]) -> Callable[[Sequence[Array]], Tensors]:
    from tflite_micro.python.tflite_micro import runtime

    if is_installed("ai_edge_litert"):
        tflite = int8_tables.with_tables(tflite)
    kind = runtime.InterpreterConfig.kPreserveAllTensors
    interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=_ARENA, intrepreter_config=kind)  # spelt so
    keeps_state = description.describe(tflite).keeps_state

    def infer(values: Sequence[Array]) -> Tensors:
        if keeps_state:
            interpreter.reset()  # every sample for itself, as a device is asked
        for place, value in enumerate(values):
            interpreter.set_input(value, place)
        interpreter.invoke()
        return {tensor: np.array(interpreter.GetTensor(tensor, 0)["tensor_data"]).tobytes() for tensor in wanted}

    return infer


def _lite(tflite: bytes, package: str, wanted: Sequence[int]) -> Callable[[Sequence[Array]], Tensors]:
    if package != "ai_edge_litert":
        raise ValueError("it keeps no tensors")
    from ai_edge_litert import interpreter as module

    with quiet():
        interpreter = module.Interpreter(
            model_content=tflite,
            experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=True,
        )
        interpreter.allocate_tensors()
    sources = [details["index"] for details in interpreter.get_input_details()]

    def infer(values: Sequence[Array]) -> Tensors:
        interpreter.reset_all_variables()
        for source, value in zip(sources, values, strict=True):
            interpreter.set_tensor(source, value)
        interpreter.invoke()
        return {tensor: interpreter.get_tensor(tensor).tobytes() for tensor in wanted}

    return infer


def samples_of(specs: Sequence[TensorSpec], rows: npt.NDArray[np.uint8]) -> list[list[Array]]:
    """Rows, uint8 [N, bytes of all inputs], as samples: one array per input, in its tensor's own shape and type."""
    from toolkit.tflite.ends import split

    parts = split(specs, rows)
    return [
        [
            np.ascontiguousarray(part[place]).view(spec.numpy).reshape(spec.shape)
            for spec, part in zip(specs, parts, strict=True)
        ]
        for place in range(len(rows))
    ]
