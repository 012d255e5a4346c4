"""Puts together what is to be verified: the data, the host's outputs, and how the inputs travel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import Build, DType
from toolkit.cli import output

if TYPE_CHECKING:
    from toolkit.cli.options import Selection
    from toolkit.data.images import LabelledImages
    from toolkit.reference import ModelIO
    from toolkit.reference.pixels import PixelRange
    from toolkit.report.pictures import ReportImages
    from toolkit.verify import Workload

DIGIT_SHAPES = ((1, 28, 28), (1, 28, 28, 1), (1, 784))
DIGITS = 10
MADE_UP_INPUTS = 100
SEED = 707


Computed = Callable[[int, int], None]
"""Told how many of a set's inputs the host has computed, of how many."""


def reads_digits(io: ModelIO) -> bool:
    """Whether a network can be asked for MNIST's digits: its input is one such image, its output has ten elements."""
    return io.input.shape in DIGIT_SHAPES and io.output.elements == DIGITS


@dataclass(frozen=True)
class Inputs:
    """What will be sent, read and checked whole before any time is spent on it.

    Attributes:
        tflite: the model.
        told: all of it in words.
        images: by set; empty for made-up inputs.
        pixels: what the images' black and white are at the input; None for made-up inputs.
        made_up: how many inputs are made up.
        drawn: by set, then by file name: the bytes of the files that a person drew or photographed.
    """

    tflite: bytes
    told: str
    images: dict[str, LabelledImages] = field(default_factory=dict)
    pixels: PixelRange | None = None
    made_up: int = 0
    drawn: dict[str, dict[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Assembled:
    """Workloads, in the order in which they are asked, and the inputs behind them."""

    workloads: tuple[Workload, ...]
    inputs: Inputs

    @property
    def sources(self) -> dict[str, str]:
        """By set: where its images came from, in words."""
        return {name: images.source for name, images in self.inputs.images.items()}

    def report_images(self) -> ReportImages:
        """What the report may show."""
        from toolkit.report.pictures import ReportImages

        return ReportImages({name: images.images for name, images in self.inputs.images.items()}, self.inputs.drawn)


def prepare(build: Build, selection: Selection) -> Inputs:
    """Read what is to be sent; nothing is computed yet, and no file is needed again.

    A network that can read digits is asked for MNIST's test images and the external ones; any other for seeded made-up
    tensors.

    Raises:
        ChangedFileError: the model is not the one that was built.
        UsageError: an option that cannot apply to this network.
        DatasetError: data that are missing or damaged, an image that is no image.
        ModelError: the input's quantisation does not tell what a pixel stands for.
    """
    from toolkit import reference

    tflite = build.read_model()
    io = reference.model_io(tflite)
    return _digits(tflite, selection) if reads_digits(io) else _made_up(tflite, io, selection)


def _digits(tflite: bytes, selection: Selection) -> Inputs:
    from toolkit import resources
    from toolkit.data import load_external, load_images, load_mnist
    from toolkit.errors import UsageError

    if selection.limit == 0 and selection.data is not None:
        raise UsageError("--limit 0 sends nothing of --data", "leave one of the two out")
    pixels, why = _pixels(tflite, selection.pixels)
    images: dict[str, LabelledImages] = {}
    drawn = {}
    told = []
    if selection.limit != 0:
        digits = load_mnist("test", selection.data)
        images["mnist"] = digits if selection.limit is None else digits.first(selection.limit)
        told.append(
            f"{'the first ' if len(images['mnist']) < len(digits) else ''}{len(images['mnist']):,} MNIST images"
        )
    for name, folder in (("external", resources.external_images()), ("images", selection.images)):
        if folder is not None:
            images[name] = load_external() if name == "external" else load_images(folder)
            drawn[name] = {file: _bytes(folder / file) for file in images[name].names}
            for remark in images[name].remarks:
                output.warn(remark)
    told.append(f"{len(images['external'])} hand-drawn ones")
    if "images" in images:
        told.append(f"{len(images['images'])} of your own")
    return Inputs(tflite, f"{', '.join(told)}; pixels as {pixels}, {why}", images, pixels, 0, drawn)


def _bytes(path: Path) -> bytes:
    from toolkit.errors import DatasetError

    try:
        return path.read_bytes()
    except OSError as caught:
        raise DatasetError(f"{path.name} cannot be read: {caught.strerror}", "put it back, and start again") from caught


def _pixels(tflite: bytes, asked: str | None) -> tuple[PixelRange, str]:
    """What black and white are at the input, and how that is known."""
    from toolkit import reference
    from toolkit.reference import pixels

    if asked is not None:
        return pixels.parse(asked), "as --range says"
    told = reference.pixel_range(tflite)
    if told is None:
        return pixels.UNIT, "the default for float32 (--range says otherwise)"
    return told, "as the input's quantisation tells"


def _made_up(tflite: bytes, io: ModelIO, selection: Selection) -> Inputs:
    from toolkit.errors import UsageError

    given = {"--data": selection.data, "--images": selection.images, "--range": selection.pixels}
    for option, value in given.items():
        if value is not None:
            shape = ", ".join(str(size) for size in io.input.shape)
            raise UsageError(
                f"{option} is for networks that read digits; this one takes [{shape}] and gives "
                f"{io.output.elements:,} {'value' if io.output.elements == 1 else 'values'}",
                f"leave {option} out: made-up inputs are sent",
            )
    if selection.limit == 0:
        raise UsageError("--limit 0 leaves nothing to send to a network that does not read digits", "--limit 100")
    count = MADE_UP_INPUTS if selection.limit is None else selection.limit
    values = "-1 to 1" if io.input.dtype is DType.FLOAT32 else f"all {io.input.dtype} values"
    return Inputs(
        tflite,
        f"{count:,} made-up {'input' if count == 1 else 'inputs'}: every element at random from {values}, seed {SEED}",
        made_up=count,
    )


def compute(build: Build, inputs: Inputs, progress: Computed | None = None) -> Assembled:
    """The host's outputs for these inputs, which takes an hour for the largest network of the zoo.

    Raises:
        ModelError: the interpreter refuses the model.
    """
    from toolkit import reference

    if build.card is None:
        reference.probe(build.model_path)
    rounding = reference.rounding(inputs.tflite) if build.dtype is DType.FLOAT32 else None
    moved = None if rounding is None else rounding.moved
    if inputs.made_up:
        return Assembled((_from_seed(inputs, progress, moved),), inputs)
    sets = (_from_images(inputs, name, build.dtype, progress, moved) for name in inputs.images)
    return Assembled(tuple(sets), inputs)


def assemble(build: Build, selection: Selection, progress: Computed | None = None) -> Assembled:
    """Both steps at once."""
    return compute(build, prepare(build, selection), progress)


_Moved = Callable[[npt.NDArray[Any], npt.NDArray[np.uint8]], Iterator[npt.NDArray[np.float64]]]


def _moved_at(
    moved: _Moved, inputs: npt.NDArray[Any], expected: npt.NDArray[np.uint8], index: int
) -> Iterator[npt.NDArray[np.float64]]:
    return moved(inputs[index : index + 1], expected[index])


def _from_images(
    given: Inputs, set_name: str, dtype: DType, progress: Computed | None, moved: _Moved | None
) -> Workload:
    from toolkit import reference
    from toolkit.reference import pixels
    from toolkit.verify import Workload

    images = given.images[set_name]
    inputs = reference.quantise(given.tflite, images.images, given.pixels or pixels.UNIT)
    expected = reference.expected_outputs(given.tflite, inputs, progress=progress)
    # A quarter of the bytes: the device divides by 255 as the host does. It knows no other range.
    as_pixels = dtype is DType.FLOAT32 and given.pixels == pixels.UNIT
    rows = images.images if as_pixels else inputs
    return Workload(
        set=set_name,
        inputs=np.ascontiguousarray(rows).reshape(len(rows), -1).view(np.uint8),
        kind="pixels" if as_pixels else "tensor",
        expected=expected,
        labels=images.labels.astype(np.int64),
        names=images.names,
        moved=None if moved is None else partial(_moved_at, moved, inputs, expected),
    )


def made_up(io: ModelIO, count: int) -> npt.NDArray[Any]:
    """Seeded inputs for a network that does not read digits, [count, ...]: every int8 value, or floats in [-1, 1)."""
    spec = io.input
    generator = np.random.default_rng(SEED)
    shape = (count, *spec.shape[1:])
    if spec.dtype is DType.FLOAT32:
        return generator.uniform(-1.0, 1.0, size=shape).astype(np.float32)
    limits = np.iinfo(spec.numpy)
    return generator.integers(limits.min, int(limits.max) + 1, size=shape, dtype=np.int64).astype(spec.numpy)


def _from_seed(given: Inputs, progress: Computed | None, moved: _Moved | None) -> Workload:
    from toolkit import reference
    from toolkit.verify import Workload

    inputs = made_up(reference.model_io(given.tflite), given.made_up)
    expected = reference.expected_outputs(given.tflite, inputs, progress=progress)
    return Workload(
        set="random",
        inputs=inputs.reshape(len(inputs), -1).view(np.uint8),
        kind="tensor",
        expected=expected,
        moved=None if moved is None else partial(_moved_at, moved, inputs, expected),
    )
