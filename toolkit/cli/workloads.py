"""Puts together what is to be verified: the data, the host's outputs, and how the inputs travel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toolkit.artifacts import Build, DType

if TYPE_CHECKING:
    from toolkit.cli.options import Selection
    from toolkit.images import LabelledImages
    from toolkit.report.pictures import ReportImages
    from toolkit.verify import Workload

DIGIT_ELEMENTS = 28 * 28
RANDOM_INPUTS = 100
RANDOM_SEED = 707


Computed = Callable[[int, int], None]
"""Told how many of a set's inputs the host has computed, of how many."""


def _from_images(
    images: LabelledImages, set_name: str, tflite: bytes, dtype: DType, progress: Computed | None
) -> Workload:
    from toolkit import reference
    from toolkit.verify import Workload

    inputs = reference.quantise(tflite, images.images)
    expected = reference.expected_outputs(tflite, inputs, progress=progress)
    pixels = dtype is DType.FLOAT32  # a quarter of the bytes: the device divides by 255 as the host does
    rows = images.images if pixels else inputs
    return Workload(
        set=set_name,
        inputs=np.ascontiguousarray(rows).reshape(len(rows), -1).view(np.uint8),
        kind="pixels" if pixels else "tensor",
        expected=expected,
        labels=images.labels.astype(np.int64),
        names=images.names,
    )


def _random(tflite: bytes, count: int, progress: Computed | None) -> Workload:
    """Seeded inputs for a network that is not about digits: every int8 value, or floats in [-1, 1)."""
    from toolkit import reference
    from toolkit.verify import Workload

    spec = reference.model_io(tflite).input
    generator = np.random.default_rng(RANDOM_SEED)
    shape = (count, *spec.shape[1:])
    if spec.dtype is DType.INT8:
        inputs = generator.integers(-128, 128, size=shape, dtype=np.int64).astype(np.int8)
    else:
        inputs = generator.uniform(-1.0, 1.0, size=shape).astype(np.float32)
    return Workload(
        set="random",
        inputs=inputs.reshape(count, -1).view(np.uint8),
        kind="tensor",
        expected=reference.expected_outputs(tflite, inputs, progress=progress),
    )


@dataclass(frozen=True)
class Assembled:
    """Workloads, and the images behind them for the report.

    Attributes:
        workloads: in the order in which they are asked.
        images: by set; empty for random inputs.
        folders: by set: where the image files lie that a person drew or photographed.
    """

    workloads: tuple[Workload, ...]
    images: dict[str, LabelledImages]
    folders: dict[str, Path]

    @property
    def sources(self) -> dict[str, str]:
        """By set: where its images came from, in words."""
        return {name: images.source for name, images in self.images.items()}

    def report_images(self) -> ReportImages:
        """What the report may show."""
        from toolkit.report.pictures import ReportImages

        drawn = {
            name: {file: (folder / file).read_bytes() for file in self.images[name].names}
            for name, folder in self.folders.items()
        }
        return ReportImages({name: images.images for name, images in self.images.items()}, drawn)


def assemble(build: Build, selection: Selection, progress: Computed | None = None) -> Assembled:
    """The workloads of a build.

    A network of 784 inputs is asked for the MNIST test images and the external ones; any other for seeded random
    tensors. The host's outputs are computed here, which takes an hour for the largest network of the zoo.

    Raises:
        ChangedFileError: the model is not the one that was built.
        DatasetError: data that are missing or damaged, an image that is no image.
    """
    from toolkit import dataset, reference, resources

    tflite = build.read_model()
    if build.card is None:
        reference.probe(build.model_path)
    if int(np.prod(reference.model_io(tflite).input.shape)) != DIGIT_ELEMENTS:
        count = RANDOM_INPUTS if selection.limit is None else selection.limit
        return Assembled((_random(tflite, count, progress),), {}, {})
    images = {}
    folders = {"external": resources.external_images()}
    if selection.limit != 0:
        digits = dataset.load_mnist("test", selection.data)
        images["mnist"] = digits if selection.limit is None else digits.first(selection.limit)
    images["external"] = dataset.load_external()
    if selection.images is not None:
        images["images"] = dataset.load_images(selection.images)
        folders["images"] = selection.images
    workloads = tuple(_from_images(each, name, tflite, build.dtype, progress) for name, each in images.items())
    return Assembled(workloads, images, folders)
