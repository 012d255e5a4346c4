"""Does TensorFlow Lite Micro compute what was trained? Its answers are held against those of LiteRT.

That a device equals TFLM says nothing of the case that TFLM itself computes something else than the trainer meant.
LiteRT, with its reference kernels, is the second voice. Where the outputs of both differ by more than rounding, each
operator is asked by itself, with TFLM's own tensors as input: what was rounded otherwise before it does not count, so
that one step is all that an int8 operator may differ by. Where the float32 network is at hand it is the third voice.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import process, reference
from toolkit.artifacts import Agreement, ElementType, from_jsonable
from toolkit.artifacts.agreement import LITERT, TFLM
from toolkit.errors import TinymlError, ToolError
from toolkit.reference.opened import Opened, opened
from toolkit.tflite import int8_tables
from toolkit.tflite.ends import ends_of

MOST_INPUTS = 100
SECONDS = 3.0
"""After which no further input is begun."""

_OPERATOR_INPUTS = 4  # those whose outputs differ most: operators are judged by them
_ARENA = 1 << 30  # untouched pages of it cost nothing
_STEPS = 1  # of int8: LiteRT's dense and softmax kernels round otherwise than TFLM's
_LOOP_STEPS = 8  # of an operator that hands its own results on, from one moment to the next: its rounding adds up
_LOOPS = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF", "WHILE")
_SHARE = 1e-5  # of a float32 tensor's largest element
_CLEARLY = 1.5  # the one voice is so many times as far from the third as the other
_TIMEOUT = 120.0

_CODE = """
import json, pathlib, sys
import numpy as np
from toolkit.artifacts import to_jsonable
from toolkit.reference import agreement
folder = pathlib.Path(sys.argv[1])
third = folder / "float32.tflite"
made = agreement.compare(
    (folder / "model.tflite").read_bytes(),
    np.load(folder / "inputs.npy"),
    third.read_bytes() if third.exists() else None,
)
sys.stdout.write("\\n" + json.dumps(to_jsonable(made)))
"""


def of(tflite: bytes, inputs: npt.NDArray[Any], float32: bytes | None = None) -> Agreement:
    """`compare` in a process of its own: an interpreter may die of a damaged file. Nothing is ever raised."""
    dtype = ElementType(inputs.dtype.name)
    for package, name in (("tflite_micro", "tflite-micro"), ("ai_edge_litert", "ai-edge-litert")):
        if not reference.is_installed(package):
            return Agreement(dtype, why_not=f"{name} is not installed")
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "model.tflite").write_bytes(tflite)
            if float32 is not None:
                (folder / "float32.tflite").write_bytes(float32)
            np.save(folder / "inputs.npy", inputs[:MOST_INPUTS])
            argv = [sys.executable, "-P", "-c", _CODE, str(folder)]
            done = process.run(argv, timeout=_TIMEOUT, check=False)
        if done.returncode != 0:
            return Agreement(dtype, why_not=f"an interpreter died of the model (exit {done.returncode})")
        made: Agreement = from_jsonable(Agreement, json.loads(done.stdout.splitlines()[-1]))
        return made
    except (ToolError, OSError, ValueError, IndexError) as caught:
        return Agreement(dtype, why_not=" ".join(str(caught).split()))


@dataclass(frozen=True)
class _Answers:
    """What both said to the first inputs: [N, elements] each, in the output's own type."""

    tflm: npt.NDArray[Any]
    litert: npt.NDArray[Any]


def compare(tflite: bytes, inputs: npt.NDArray[Any], float32: bytes | None = None) -> Agreement:
    """Hold the two interpreters' answers against each other.

    Args:
        tflite: the model.
        inputs: [N, *shape without the batch], of the input's type.
        float32: the same network, not quantised.
    """
    try:
        spec = ends_of(tflite)
        answers = _ask(tflite, inputs)
    except (TinymlError, RuntimeError, ValueError) as caught:
        dtype = ElementType(inputs.dtype.name)
        said = caught.message if isinstance(caught, TinymlError) else str(caught)
        return Agreement(dtype, why_not=" ".join(said.split()) or "an interpreter refuses the model")
    differences = np.array([difference(*pair) for pair in zip(answers.tflm, answers.litert, strict=True)])
    limit = _SHARE if spec.output.dtype is ElementType.FLOAT32 else _STEPS
    off = np.flatnonzero((differences < 0) | (differences > limit))
    classes = int(np.sum(np.argmax(answers.tflm, axis=1) != np.argmax(answers.litert, axis=1)))
    made = Agreement(spec.output.dtype, len(answers.tflm), len(off), _worst(differences), classes)
    if not len(off):
        return made
    # NaN counts as most.
    worst = off[np.argsort(np.where(differences[off] < 0, -np.inf, -differences[off]))][:_OPERATOR_INPUTS]
    operator, by = first_off(tflite, inputs[np.sort(worst)])
    nearer = "" if float32 is None or not operator else _nearer(tflite, inputs[: len(answers.tflm)], answers, float32)
    return dataclasses.replace(made, operator=operator, operator_difference=by, nearer=nearer)


def _ask(tflite: bytes, inputs: npt.NDArray[Any]) -> _Answers:
    """Both, input by input, until the time is up; one input at least."""
    tflm = reference.runner(tflite, "tflite_micro")
    litert = reference.runner(tflite, "ai_edge_litert")
    started = time.monotonic()
    said: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = []
    for place in range(min(len(inputs), MOST_INPUTS)):
        if said and time.monotonic() - started > SECONDS:
            break
        value = inputs[place : place + 1]
        said.append((np.array(tflm(value)).ravel(), np.array(litert(value)).ravel()))
    if said[0][0].shape != said[0][1].shape:
        raise ValueError("the two give outputs of different sizes")
    return _Answers(np.stack([mine for mine, _ in said]), np.stack([theirs for _, theirs in said]))


def difference(mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> float:
    """How far two tensors are apart: steps of integers, a share of the largest element of `theirs`; -1: see Agreement.

    Elements that are the same infinity or NaN in both are equal.
    """
    if mine.shape != theirs.shape:
        return -1.0
    if not mine.size:
        return 0.0
    if mine.dtype.kind != "f":
        return float(np.abs(mine.astype(np.int64) - theirs.astype(np.int64)).max())
    finite = np.isfinite(mine) & np.isfinite(theirs)
    if not np.array_equal(mine[~finite], theirs[~finite], equal_nan=True):
        return -1.0
    a, b = mine[finite].astype(np.float64), theirs[finite].astype(np.float64)
    most = float(np.abs(a - b).max(initial=0.0))
    return most / float(np.abs(b).max()) if most and np.abs(b).max() else most


def _limit(operator: str, is_float: bool) -> float:
    """By how much an operator may differ from the same input, through rounding alone."""
    if is_float:
        return _SHARE
    return _LOOP_STEPS if operator.startswith(_LOOPS) else _STEPS


def _worst(differences: npt.NDArray[np.float64]) -> float:
    return -1.0 if (differences < 0).any() else float(differences.max(initial=0.0))


def first_off(tflite: bytes, inputs: npt.NDArray[Any]) -> tuple[str, float]:
    """The first operator whose result from the same input differs by more than rounding, and by how much.

    Args:
        tflite: the model; both interpreters run it.
        inputs: to judge by, as for `compare`.

    Returns:
        Name and place, empty where there is none; the difference as in `Agreement.operator_difference`.
    """
    from tflite_micro.python.tflite_micro import runtime

    tflm = runtime.Interpreter.from_bytes(
        int8_tables.with_tables(tflite),
        arena_size=_ARENA,
        intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,  # spelt so
    )
    apart = opened(tflite)
    try:
        ask = _by_itself(apart)
    except (RuntimeError, ValueError):
        # The stated shapes contradict each other, so LiteRT takes no operator alone: then with what came before.
        ask = _in_a_row(tflite, apart)
    worst: dict[str, float] = {}
    for place in range(len(inputs)):
        tflm.set_input(inputs[place : place + 1], 0)
        tflm.invoke()
        answer = ask(inputs[place : place + 1], lambda tensor: tflm.GetTensor(tensor, 0)["tensor_data"])
        for name, tensors in apart.operators:
            for tensor in tensors:
                mine, theirs = np.array(tflm.GetTensor(tensor, 0)["tensor_data"]), answer(tensor)
                found = difference(mine, theirs)
                if found < 0 or found > _limit(name, theirs.dtype.kind == "f"):
                    before = worst.get(name, 0.0)
                    worst[name] = -1.0 if min(found, before) < 0 else max(found, before)
    first = next((name for name, _ in apart.operators if name in worst), "")
    return first, worst.get(first, 0.0)


_Tensor = Callable[[int], npt.NDArray[Any]]


def _litert(tflite: bytes) -> Any:
    from ai_edge_litert import interpreter as module

    made = module.Interpreter(
        model_content=tflite,
        experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    made.allocate_tensors()
    return made


def _by_itself(apart: Opened) -> Callable[[npt.NDArray[Any], _Tensor], _Tensor]:
    """LiteRT's result of each operator, from what TFLM gave it."""
    litert = _litert(apart.tflite)

    def ask(value: npt.NDArray[Any], tflm: _Tensor) -> _Tensor:
        litert.set_tensor(apart.source, value)
        for tensor, stand_in in apart.given.items():
            litert.set_tensor(stand_in, tflm(tensor))
        litert.invoke()
        return lambda tensor: np.array(litert.get_tensor(tensor))

    return ask


def _in_a_row(tflite: bytes, apart: Opened) -> Callable[[npt.NDArray[Any], _Tensor], _Tensor]:
    """LiteRT's result of each operator, from what it computed itself before."""
    litert = _litert(tflite)

    def ask(value: npt.NDArray[Any], _: _Tensor) -> _Tensor:
        litert.set_tensor(apart.source, value)
        litert.invoke()
        return lambda tensor: np.array(litert.get_tensor(tensor))

    return ask


def _nearer(tflite: bytes, inputs: npt.NDArray[Any], answers: _Answers, float32: bytes) -> str:
    """Which of the two the float32 network is clearly nearer to; empty where it is no judge."""
    source, sink = ends_of(tflite).input, ends_of(tflite).output
    third = ends_of(float32)
    if sink.dtype is ElementType.FLOAT32 or third.input.shape != source.shape or third.output.shape != sink.shape:
        return ""
    real = inputs
    if source.dtype is ElementType.INT8:
        real = ((inputs.astype(np.float32) - source.zero_point) * np.float32(source.scale)).astype(np.float32)
    meant = reference.expected_outputs(float32, real, interpreter="ai_edge_litert").view(np.float32)

    def distance(said: npt.NDArray[Any]) -> float:
        return float(np.abs((said.astype(np.float64) - sink.zero_point) * sink.scale - meant).sum())

    tflm, litert = distance(answers.tflm), distance(answers.litert)
    if max(tflm, litert) < _CLEARLY * min(tflm, litert):
        return ""
    return TFLM if tflm < litert else LITERT
