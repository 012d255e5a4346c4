"""After a verification: what the conversion to int8 cost, where the float32 network is at hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import Build, ConversionCost, FloatModel, InputResult, TensorSpec, Verification
from toolkit.artifacts.cost import FLOAT_HOST, INT8_DEVICE, INT8_HOST
from toolkit.errors import TinymlError
from toolkit.listener import Listener
from toolkit.tflite.ends import Ends, ends_of, split

if TYPE_CHECKING:
    from toolkit.data import Samples
    from toolkit.selection import Selection
    from toolkit.verify import Workload
    from toolkit.workloads import Assembled

_Array = npt.NDArray[Any]

AS_GIVEN = "the data as the user has them"
DEQUANTISED = "the device's own inputs, dequantised"


def of(
    result: Verification, build: Build, assembled: Assembled, selection: Selection, listener: Listener
) -> ConversionCost | None:
    """Scores of float32 on the host, int8 on the host and int8 on the device, and each layer's loss.

    None where no float32 network is known, or the device sets its inputs upright, which that network would have to be
    given as well, or made-up inputs were sent, which say nothing of it. What goes wrong is said in the record, and
    ends nothing.
    """
    floats = build.floats
    if floats is None or build.upright or assembled.inputs.made:
        return None
    listener.say(f"holding the int8 network against {floats.name}")
    try:
        return _of(result, floats, assembled, selection)
    except (TinymlError, RuntimeError, ValueError) as caught:
        said = caught.message if isinstance(caught, TinymlError) else " ".join(str(caught).split())
        return ConversionCost(floats.name, floats.sha256, missing=said[:300] or type(caught).__name__)


@dataclass(frozen=True)
class _Set:
    """One set: what the device was sent, and the same as the float32 network takes it.

    Attributes:
        stored: by input: [N, *sample] of the int8 network's type; real: float32, likewise.
        exact: `real` is what the user gave, not what is left of it after quantisation.
    """

    work: Workload
    stored: tuple[_Array, ...]
    real: tuple[_Array, ...]
    exact: bool


def _of(result: Verification, floats: FloatModel, assembled: Assembled, selection: Selection) -> ConversionCost:
    from toolkit import reference
    from toolkit.reference import loss

    tflite, float32 = assembled.inputs.tflite, floats.read()
    mine, theirs = ends_of(tflite), ends_of(float32)
    again = _read_again(theirs, selection)
    sets = [
        _set(work, samples, rows, mine, theirs, again if place == 0 else None)
        for place, (work, samples, rows) in enumerate(
            zip(assembled.workloads, assembled.inputs.sets, assembled.tensors, strict=True)
        )
    ]
    fast = reference.OPTIMISED if reference.is_installed("ai_edge_litert") else None
    scores = {}
    for each in sets:
        on_device = result.set(each.work.set).scores
        if not on_device:
            continue
        rows = reference.expected_outputs(float32, each.real, interpreter=fast)
        scores[each.work.set] = {
            FLOAT_HOST: _scores(each, _real(theirs.outputs, rows, each), each.real),
            INT8_HOST: _scores(each, _real(mine.outputs, each.work.expected, each), None),
            INT8_DEVICE: dict(on_device),
        }
    main = max(sets, key=lambda each: len(each.stored[0]))
    losses = loss.by_layer(float32, tflite, main.real, main.stored)
    return ConversionCost(
        floats.name,
        floats.sha256,
        scores,
        AS_GIVEN if all(each.exact for each in sets) else DEQUANTISED,
        losses.layers,
        losses.worst,
        losses.samples,
    )


def _read_again(theirs: Ends, selection: Selection) -> Samples | None:
    """The user's own set as the float32 network takes it; None where there is none, or it cannot be read so."""
    from toolkit import data

    if selection.data is None:
        return None
    try:
        return data.choose(theirs.inputs, theirs.outputs, selection).sets[0]
    except TinymlError:
        return None


def _set(
    work: Workload, samples: Samples, rows: npt.NDArray[np.uint8], mine: Ends, theirs: Ends, again: Samples | None
) -> _Set:
    from toolkit.data.tensor import quantised

    parts = split(mine.inputs, rows)
    stored = tuple(spec.stored(part) for spec, part in zip(mine.inputs, parts, strict=True))
    if samples.scaling is not None:
        return _Set(work, stored, (_shaped(samples.scaling.real(samples.values), theirs.inputs[0]),), exact=True)
    if again is not None and len(again) == len(rows):
        values = again.inputs if again.scaling is None else (again.scaling.real(again.values),)
        real = tuple(_shaped(each, spec) for each, spec in zip(values, theirs.inputs, strict=True))
        # Only if the device was sent these: what was guessed of the data may depend on the input's type.
        same = (
            np.array_equal(quantised(each, spec), due)
            for each, spec, due in zip(real, mine.inputs, stored, strict=True)
        )
        if all(same):
            return _Set(work, stored, real, exact=True)
    real = tuple(
        _shaped(spec.real(part), other) for spec, part, other in zip(mine.inputs, parts, theirs.inputs, strict=True)
    )
    return _Set(work, stored, real, exact=False)


def _shaped(values: _Array, spec: TensorSpec) -> _Array:
    return np.asarray(values, spec.numpy).reshape(len(values), *spec.sample)


def _real(specs: Sequence[TensorSpec], rows: npt.NDArray[np.uint8], of: _Set) -> npt.NDArray[np.float64]:
    place = of.work.task.output
    return specs[place].real(split(specs, rows)[place]).reshape(len(rows), -1)


def _scores(of: _Set, real: npt.NDArray[np.float64], given: tuple[_Array, ...] | None) -> dict[str, float]:
    """The metrics of answers on the host.

    Args:
        real: [N, elements]: what the scored output says.
        given: what the network was given, where a reconstruction is not held against the device's own input.
    """
    from toolkit.data.task import predicted
    from toolkit.verify import score

    work = of.work
    if given is not None and work.real_inputs is not None:
        work = dataclasses.replace(work, real_inputs=given[0])
    labels = work.labels
    said = None if labels is None else predicted(real)
    results = [
        InputResult(
            work.set,
            index,
            "",
            None if labels is None else int(labels[index]),
            None if said is None else int(said[index]),
            "",
            None,
            True,
            None,
        )
        for index in range(len(real))
    ]
    return score.of_set(work, results, real, np.arange(len(real))).scores
