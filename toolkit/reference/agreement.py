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
from collections.abc import Callable, Sequence
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
from toolkit.tflite.ends import Ends, ends_of, split

Array = npt.NDArray[Any]

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
stored = np.load(folder / "inputs.npz")
made = agreement.compare(
    (folder / "model.tflite").read_bytes(),
    [stored[name] for name in stored],
    third.read_bytes() if third.exists() else None,
)
sys.stdout.write("\\n" + json.dumps(to_jsonable(made)))
"""


def of(tflite: bytes, inputs: Sequence[Array], float32: bytes | None = None) -> Agreement:
    """`compare` in a process of its own: an interpreter may die of a damaged file. Nothing is ever raised."""
    dtype = ElementType(inputs[0].dtype.name)
    for package, name in (("tflite_micro", "tflite-micro"), ("ai_edge_litert", "ai-edge-litert")):
        if not reference.is_installed(package):
            return Agreement(dtype, why_not=f"{name} is not installed")
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "model.tflite").write_bytes(tflite)
            if float32 is not None:
                (folder / "float32.tflite").write_bytes(float32)
            np.savez(folder / "inputs.npz", *(each[:MOST_INPUTS] for each in inputs))
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
    """What both said to the first inputs: by output, [N, elements] each, in the output's own type."""

    tflm: tuple[Array, ...]
    litert: tuple[Array, ...]

    def __len__(self) -> int:
        return len(self.tflm[0])


def compare(tflite: bytes, inputs: Sequence[Array], float32: bytes | None = None) -> Agreement:
    """Hold the two interpreters' answers against each other.

    Of several outputs, the one that is off furthest beyond what its type allows tells the differences.

    Args:
        tflite: the model.
        inputs: by input, [N, *sample] of its type.
        float32: the same network, not quantised.
    """
    try:
        io = ends_of(tflite)
        answers = _ask(tflite, io, inputs)
    except (TinymlError, RuntimeError, ValueError) as caught:
        dtype = ElementType(inputs[0].dtype.name)
        said = caught.message if isinstance(caught, TinymlError) else str(caught)
        return Agreement(dtype, why_not=" ".join(said.split()) or "an interpreter refuses the model")
    outputs = zip(answers.tflm, answers.litert, strict=True)
    differences = np.array([[difference(*pair) for pair in zip(*both, strict=True)] for both in outputs])
    limits = np.array([[_SHARE if spec.dtype is ElementType.FLOAT32 else _STEPS] for spec in io.outputs])
    beyond = np.where(differences < 0, np.inf, differences - limits)  # NaN counts as most
    furthest = int(beyond.max(axis=1).argmax())
    off = np.flatnonzero(beyond.max(axis=0) > 0)
    classes = int(np.sum(np.argmax(answers.tflm[0], axis=1) != np.argmax(answers.litert[0], axis=1)))
    made = Agreement(io.outputs[furthest].dtype, len(answers), len(off), _worst(differences[furthest]), classes)
    if not len(off):
        return made
    worst = off[np.argsort(-beyond.max(axis=0)[off])][:_OPERATOR_INPUTS]
    operator, by = first_off(tflite, [each[np.sort(worst)] for each in inputs])
    first = [each[: len(answers)] for each in inputs]
    nearer = "" if float32 is None or not operator else _nearer(tflite, first, answers, float32)
    return dataclasses.replace(made, operator=operator, operator_difference=by, nearer=nearer)


def _ask(tflite: bytes, io: Ends, inputs: Sequence[Array]) -> _Answers:
    """Both, input by input, until the time is up; one input at least."""
    tflm = reference.runner(tflite, "tflite_micro")
    litert = reference.runner(tflite, "ai_edge_litert")
    started = time.monotonic()
    said: list[tuple[list[Array], list[Array]]] = []
    for place in range(min(len(inputs[0]), MOST_INPUTS)):
        if said and time.monotonic() - started > SECONDS:
            break
        values = reference.sample(io.inputs, inputs, place)
        mine, theirs = ([np.array(output).ravel() for output in infer(values)] for infer in (tflm, litert))
        said.append((mine, theirs))
    if [each.shape for each in said[0][0]] != [each.shape for each in said[0][1]]:
        raise ValueError("the two give outputs of different sizes")
    all_tflm, all_litert = (
        tuple(np.stack(rows) for rows in zip(*(pair[which] for pair in said), strict=True)) for which in (0, 1)
    )
    return _Answers(all_tflm, all_litert)


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


def first_off(tflite: bytes, inputs: Sequence[Array]) -> tuple[str, float]:
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
    specs = ends_of(tflite).inputs
    for place in range(len(inputs[0])):
        values = reference.sample(specs, inputs, place)
        for number, value in enumerate(values):
            tflm.set_input(value, number)
        tflm.reset()
        tflm.invoke()
        answer = ask(values, lambda tensor: tflm.GetTensor(tensor, 0)["tensor_data"])
        for name, tensors in apart.operators:
            for tensor in tensors:
                mine, theirs = np.array(tflm.GetTensor(tensor, 0)["tensor_data"]), answer(tensor)
                found = difference(mine, theirs)
                if found < 0 or found > _limit(name, theirs.dtype.kind == "f"):
                    before = worst.get(name, 0.0)
                    worst[name] = -1.0 if min(found, before) < 0 else max(found, before)
    first = next((name for name, _ in apart.operators if name in worst), "")
    return first, worst.get(first, 0.0)


_Tensor = Callable[[int], Array]


def _litert(tflite: bytes) -> Any:
    from ai_edge_litert import interpreter as module

    made = module.Interpreter(
        model_content=tflite,
        experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    made.allocate_tensors()
    return made


def _by_itself(apart: Opened) -> Callable[[Sequence[Array], _Tensor], _Tensor]:
    """LiteRT's result of each operator, from what TFLM gave it."""
    litert = _litert(apart.tflite)

    def ask(values: Sequence[Array], tflm: _Tensor) -> _Tensor:
        for source, value in zip(apart.sources, values, strict=True):
            litert.set_tensor(source, value)
        for tensor, stand_in in apart.given.items():
            litert.set_tensor(stand_in, tflm(tensor))
        litert.reset_all_variables()
        litert.invoke()
        return lambda tensor: np.array(litert.get_tensor(tensor))

    return ask


def _in_a_row(tflite: bytes, apart: Opened) -> Callable[[Sequence[Array], _Tensor], _Tensor]:
    """LiteRT's result of each operator, from what it computed itself before."""
    litert = _litert(tflite)

    def ask(values: Sequence[Array], _: _Tensor) -> _Tensor:
        for source, value in zip(apart.sources, values, strict=True):
            litert.set_tensor(source, value)
        litert.reset_all_variables()
        litert.invoke()
        return lambda tensor: np.array(litert.get_tensor(tensor))

    return ask


def _nearer(tflite: bytes, inputs: Sequence[Array], answers: _Answers, float32: bytes) -> str:
    """Which of the two the float32 network is clearly nearer to, by the first output; empty where it is no judge."""
    io, third = ends_of(tflite), ends_of(float32)
    shapes = [[spec.shape for spec in (*each.inputs, *each.outputs)] for each in (io, third)]
    sink = io.output
    if not sink.quantised or shapes[0] != shapes[1]:
        return ""
    real = [
        ((each.astype(np.float32) - spec.zero_point) * np.float32(spec.scale)).astype(np.float32)
        if spec.quantised
        else each
        for spec, each in zip(io.inputs, inputs, strict=True)
    ]
    rows = reference.expected_outputs(float32, real, interpreter="ai_edge_litert")
    meant = split(third.outputs, rows)[0].copy().view(np.float32)

    def distance(said: Array) -> float:
        return float(np.abs((said.astype(np.float64) - sink.zero_point) * sink.scale - meant).sum())

    tflm, litert = distance(answers.tflm[0]), distance(answers.litert[0])
    if max(tflm, litert) < _CLEARLY * min(tflm, litert):
        return ""
    return TFLM if tflm < litert else LITERT
