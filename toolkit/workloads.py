"""Puts together what is to be verified: the data, the host's outputs, and how the inputs travel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import Build, ElementType, TensorSpec
from toolkit.tflite.ends import Ends, ends_of, join, split

if TYPE_CHECKING:
    from toolkit.data import Samples
    from toolkit.selection import Selection
    from toolkit.verify import Workload

Computed = Callable[[int, int], None]
"""Told how many of a set's inputs the host has computed, of how many."""


@dataclass(frozen=True)
class Inputs:
    """What will be sent, read and checked whole before any time is spent on it.

    Attributes:
        tflite: the model.
        told: all of it in words.
        sets: in the order in which they are asked.
        made: they are made up, and others may take their place; see `toolkit.steps.strength.reaching`.
    """

    tflite: bytes
    told: str
    sets: tuple[Samples, ...] = ()
    made: bool = False

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know of single files."""
        return tuple(remark for samples in self.sets for remark in samples.remarks)


@dataclass(frozen=True)
class Assembled:
    """Workloads, in the order in which they are asked, and the inputs behind them.

    Attributes:
        tensors: by workload: uint8 [N, bytes of all input tensors], what the network's engine is given; `as_read` has
            what the network reads.
    """

    workloads: tuple[Workload, ...]
    inputs: Inputs
    tensors: tuple[npt.NDArray[np.uint8], ...] = ()

    @property
    def sources(self) -> dict[str, str]:
        """By set: where its inputs came from, in words."""
        return {each.name: each.source for each in self.inputs.sets if each.source}

    def report_images(self) -> tuple[Samples, ...]:
        """What the report may show."""
        return self.inputs.sets


def prepare(build: Build, selection: Selection) -> Inputs:
    """Read what is to be sent; nothing is computed yet, and no file is needed again.

    Raises:
        ChangedFileError: the model is not the one that was built.
        UsageError: an option that cannot apply to this network.
        DatasetError: data that are missing or damaged, an image that is no image.
        ModelError: the input's quantisation does not tell what an element stands for.
    """
    from toolkit import data

    tflite = build.read_model()
    io = ends_of(tflite)
    chosen = data.choose(io.inputs, io.outputs, selection)
    for samples in chosen.sets:
        samples.check_ends(io.input.elements, tuple(each.elements for each in io.outputs))
    told = f"{chosen.told}; set upright by the device" if build.upright else chosen.told
    return Inputs(tflite, told, chosen.sets, chosen.made)


def as_read(build: Build, rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """uint8 [N, bytes of all input tensors]: what the network reads, where the engine changes what it is given."""
    if not build.upright:
        return rows
    from toolkit.data import straighten

    return straighten.as_read(rows.view(np.int8)).view(np.uint8)


def compute(build: Build, inputs: Inputs, progress: Computed | None = None) -> Assembled:
    """The host's outputs for these inputs, which takes an hour for the largest network of the zoo.

    Raises:
        ModelError: the interpreter refuses the model.
    """
    from toolkit import reference

    if build.card is None:
        reference.probe(build.model_path)
    real = any(spec.dtype is ElementType.FLOAT32 for spec in ends_of(inputs.tflite).outputs)
    rounding = reference.rounding(inputs.tflite) if real else None
    moved = None if rounding is None else rounding.moved
    sets = [_workload(build, inputs.tflite, samples, progress, moved) for samples in inputs.sets]
    return Assembled(tuple(work for work, _ in sets), inputs, tuple(tensors for _, tensors in sets))


def assemble(build: Build, selection: Selection, progress: Computed | None = None) -> Assembled:
    """Both steps at once."""
    return compute(build, prepare(build, selection), progress)


_Array = npt.NDArray[Any]
_Moved = Callable[[Sequence[_Array], npt.NDArray[np.uint8]], Iterator[npt.NDArray[np.float64]]]


def _moved_at(
    moved: _Moved, io: Ends, inputs: Sequence[_Array], expected: npt.NDArray[np.uint8], index: int
) -> Iterator[npt.NDArray[np.float64]]:
    from toolkit import reference

    return moved(reference.sample(io.inputs, inputs, index), expected[index])


def _workload(
    build: Build, tflite: bytes, samples: Samples, progress: Computed | None, moved: _Moved | None
) -> tuple[Workload, npt.NDArray[np.uint8]]:
    from toolkit import reference
    from toolkit.data import Kind
    from toolkit.verify import Workload

    io = ends_of(tflite)
    inputs = reference.inputs_of(tflite, samples.inputs, samples.scaling)
    rows = join(io.inputs, inputs)
    if build.upright:
        inputs = (as_read(build, rows).view(np.int8).reshape(inputs[0].shape),)
    expected = reference.expected_outputs(tflite, inputs, progress=progress)
    # A quarter of the bytes: the device divides as the host does.
    scaled = samples.scaling if [spec.dtype for spec in io.inputs] == [ElementType.FLOAT32] else None
    elements = None if scaled is None else np.ascontiguousarray(samples.values).reshape(len(samples), -1)
    work = Workload(
        set=samples.name,
        inputs=rows if elements is None else elements.view(np.uint8),
        kind="tensor" if elements is None else "elements",
        expected=expected,
        labels=samples.labels if samples.task.kind is Kind.CLASSIFY and samples.truth is not None else None,
        names=samples.names,
        moved=None if moved is None else partial(_moved_at, moved, io, inputs, expected),
        words=samples.called(),
        classes=samples.classes,
        picture=samples.pictured().size,
        form=samples.pictured().form,
        divisor=1.0 if scaled is None else scaled.divisor,
        offset=0.0 if scaled is None else scaled.offset,
        singly=bool(samples.files),
        task=samples.task,
        truth=None if samples.task.kind is Kind.CLASSIFY else samples.truth,
        real=partial(_real, io.outputs, samples.task.output),
        real_inputs=_real_inputs(io.input, samples) if samples.task.kind is Kind.RECONSTRUCT else None,
        inputs_sha256=samples.sha256(),
    )
    return work, rows


def _real(specs: Sequence[TensorSpec], place: int, rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """One output of rows of output bytes, [N, bytes], as real values [N, elements]."""
    return specs[place].real(split(specs, rows)[place]).reshape(len(rows), specs[place].elements)


def _real_inputs(spec: TensorSpec, samples: Samples) -> npt.NDArray[Any]:
    """The first input, [N, ...], as real values: the user's own, or what the tensor's own elements stand for."""
    values = samples.inputs[0]
    if samples.scaling is not None:
        return samples.scaling.real(values)
    if values.dtype != spec.numpy:
        return values
    return spec.real(np.ascontiguousarray(values).reshape(len(values), -1).view(np.uint8))
