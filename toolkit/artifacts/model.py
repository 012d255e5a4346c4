"""A network: its file, what the compiler makes of it, how it was trained and what it scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.artifacts.base import Artifact, DType, sha256_of
from toolkit.artifacts.tensor import TensorSpec
from toolkit.artifacts.trace import TracePoint
from toolkit.errors import ModelError


@dataclass(frozen=True)
class ModelFile(Artifact):
    """A converted model on disk.

    Attributes:
        name: the zoo's name, or the stem of a user's own file.
        path: the `.tflite` that both sides read.
        dtype: FLOAT32 if its first input is that; INT8 for every integer type.
        sha256: of the file's bytes.
        size_bytes: of the file.
        original: the user's own file, where it had to be rewritten for both sides; None where `path` is that file.
        original_sha256: of its bytes; empty where it is None.
        changes: what was done to it, each in words that follow "with ...", such as "its free batch fixed at 1".
    """

    name: str
    path: Path
    dtype: DType
    sha256: str
    size_bytes: int
    original: Path | None = None
    original_sha256: str = ""
    changes: tuple[str, ...] = ()

    def read(self) -> bytes:
        """The file's bytes.

        Raises:
            ModelError: they are not there any more, or not those that were resolved.
        """
        try:
            data = self.path.read_bytes()
        except OSError as caught:
            raise ModelError(f"{self.path} cannot be read: {caught.strerror}", "run the command again") from caught
        if sha256_of(data) != self.sha256:
            raise ModelError(f"{self.path} was changed while it was read", "run the command again")
        return data


@dataclass(frozen=True)
class FloatModel(Artifact):
    """The float32 network that an int8 one was made of.

    Attributes:
        name: of the file that it came from: "net.keras".
        path: the float32 `.tflite`; sha256: of its bytes.
    """

    name: str
    path: Path
    sha256: str

    def read(self) -> bytes:
        """The file's bytes.

        Raises:
            ModelError: they are not there any more, or not those that were.
        """
        try:
            data = self.path.read_bytes()
        except OSError as caught:
            raise ModelError(f"{self.path} cannot be read: {caught.strerror}", "build it again") from caught
        if sha256_of(data) != self.sha256:
            raise ModelError(f"{self.path} was changed since the build", "build it again")
        return data


@dataclass(frozen=True)
class LayerReport(Artifact):
    """One fused layer of a compiled model.

    Attributes:
        name: of its function in the generated C.
        operators: the .tflite's operators that it computes, in order.
        constants_bytes: weights, biases and tables in flash.
        macs: multiply-accumulates per inference, those that a pool drops left out.
        kernels: source files of the kernels that it calls and may share with other layers; those that are inlined into
            its function are not among them.
        shared_bytes: further constants that an earlier layer has too, and that lie in flash once.
    """

    name: str
    operators: tuple[str, ...]
    constants_bytes: int
    macs: int
    kernels: tuple[str, ...] = ()
    shared_bytes: int = 0


@dataclass(frozen=True)
class PlannedBuffer(Artifact):
    """One buffer's place in the arena, for the picture of the memory plan.

    Attributes:
        name: of the tensor or scratch buffer.
        offset, bytes: its place in the arena.
        first_use, last_use: indices into `layers` between which it is kept; -1 is before the first layer (the input).
        kind: "tensor", "scratch", "sums" that rows are added to; "rows" of a tensor that are kept while other layers
            compute, "row": one or more that are there from the layer that writes them to the one that reads them, each
            time anew; empty in builds from before this was told.
        rows: how many rows of the tensor these are; 0: it lies whole, or is none.
    """

    name: str
    offset: int
    bytes: int
    first_use: int
    last_use: int
    kind: str = ""
    rows: int = 0


@dataclass(frozen=True)
class CompiledModel(Artifact):
    """What the compiler makes of a .tflite: C sources, and what there is to know about them.

    Attributes:
        sources: file name -> C text, for the folder `model` of a project.
        kernels: file names in firmware/kernels that the sources need, headers included.
        inputs, outputs: the network's ends, in its own order.
        arena_bytes: RAM for tensors and scratch.
        constants_bytes: flash for weights, biases and tables.
        macs: multiply-accumulates per inference.
        layers: in the order of computation.
        plan: who has which bytes of the arena, and when.
        points: `layers` as a device tells of them.
        streamed: so many of the first layers run row by row.
        row_bytes: of one row of the input, where it comes row by row; 0: it lies whole.
    """

    sources: dict[str, str]
    kernels: tuple[str, ...]
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    arena_bytes: int
    constants_bytes: int
    macs: int
    layers: tuple[LayerReport, ...]
    plan: tuple[PlannedBuffer, ...]
    points: tuple[TracePoint, ...] = ()
    streamed: int = 0
    row_bytes: int = 0


@dataclass(frozen=True)
class Score(Artifact):
    """Right answers of a set, with a 95 % Wilson score interval of the proportion."""

    correct: int
    total: int
    ci95: tuple[float, float]


@dataclass(frozen=True)
class ModelCard(Artifact):
    """How a stored model was trained and what it scores: `card.json` beside the model's files.

    Attributes:
        name: of the folder; architecture, recipe: as in the zoo and the recipes; seed: of all random numbers.
        params: trainable parameters.
        epochs: passes over the training images, all phases together.
        training_images, validation_images: that were trained on, and that were held out of the training set.
        validation: accuracy on the held-out images, 0 to 1; None if there were none.
        accuracy: by set and type, such as "mnist_int8": right answers of the converted file on the host.
        files, sizes: SHA-256 and bytes of each file in the folder.
        versions: of Python and of the packages that trained and converted.
        seconds: of training.
        date: ISO 8601, UTC.
    """

    name: str
    architecture: str
    recipe: str
    seed: int
    params: int
    epochs: int
    training_images: int
    validation_images: int
    validation: float | None
    accuracy: dict[str, Score]
    files: dict[str, str]
    sizes: dict[str, int]
    versions: dict[str, str]
    seconds: float
    date: str
