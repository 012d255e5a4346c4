"""What passes between stages: frozen dataclasses, each with a JSON round trip on disk.

A stage never imports another stage; it reads and writes these.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import types
import typing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from toolkit.errors import TinymlError


class DType(StrEnum):
    """The element type of a converted model's input and output."""

    INT8 = "int8"
    FLOAT32 = "float32"


class Runtime(StrEnum):
    """The engine in the firmware: our compiler's C, or TensorFlow Lite Micro's interpreter."""

    AOT = "aot"
    TFLM = "tflm"


def to_jsonable(value: Any) -> Any:
    """Dataclasses, paths and enums as plain JSON values; keys in the order of declaration."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, dict):
        return {str(key): to_jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_jsonable(item) for item in value]
    return value


def from_jsonable(kind: Any, value: Any) -> Any:
    """What `to_jsonable` was given, from its plain JSON values; `kind` is its type."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        kind = next(arm for arm in typing.get_args(kind) if arm is not type(None))
        return from_jsonable(kind, value)
    if origin is tuple:
        arms = typing.get_args(kind)
        if len(arms) == 2 and arms[1] is Ellipsis:
            return tuple(from_jsonable(arms[0], item) for item in value)
        return tuple(from_jsonable(arm, item) for arm, item in zip(arms, value, strict=True))
    if origin is dict:
        return {key: from_jsonable(typing.get_args(kind)[1], item) for key, item in value.items()}
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known = {f.name for f in dataclasses.fields(kind)}
        make = typing.cast(type[Any], kind)
        return make(**{key: from_jsonable(hints[key], item) for key, item in value.items() if key in known})
    if isinstance(kind, type) and issubclass(kind, (Path, StrEnum)):
        return kind(value)
    return value


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a full disk or a crash leaves the old file.

    Raises:
        TinymlError: the file system refused; the message gives its reason.
    """
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as caught:
        partial.unlink(missing_ok=True)
        raise TinymlError(
            f"cannot write {path}: {caught.strerror}", "free some space, or check the permissions"
        ) from caught


def sha256_of(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Artifact:
    """Base of everything that is stored as JSON."""

    def save(self, path: Path) -> None:
        """Write as indented JSON, whole or not at all."""
        write_atomically(path, (json.dumps(to_jsonable(self), indent=2) + "\n").encode())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read back what `save` wrote; keys of a newer version are passed over.

        Raises:
            TinymlError: the file is missing, or is not what `save` wrote.
        """
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            return typing.cast(Self, from_jsonable(cls, value))
        except FileNotFoundError as caught:
            raise TinymlError(f"{path} is missing", "run the command that makes it first") from caught
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as caught:
            raise TinymlError(
                f"{path} is not a readable {cls.__name__}: {caught}", "delete it and make it again"
            ) from caught


@dataclass(frozen=True)
class ModelFile(Artifact):
    """A converted model on disk.

    Attributes:
        name: the zoo's name, or the stem of a user's own file.
        path: the `.tflite`.
        dtype: of its input and output.
        sha256: of the file's bytes.
        size_bytes: of the file.
    """

    name: str
    path: Path
    dtype: DType
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class TensorSpec(Artifact):
    """The network's input or output tensor.

    Attributes:
        name: as in the .tflite.
        shape: row-major.
        dtype: element type.
        scale, zero_point: of an int8 tensor, real = scale * (value - zero_point); 0.0 and 0 for float32.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    scale: float
    zero_point: int


@dataclass(frozen=True)
class LayerReport(Artifact):
    """One fused layer of a compiled model.

    Attributes:
        name: of its function in the generated C.
        operators: the .tflite's operators that it computes, in order.
        constants_bytes: weights, biases and tables in flash.
        macs: multiply-accumulates per inference, those that a pool drops left out.
    """

    name: str
    operators: tuple[str, ...]
    constants_bytes: int
    macs: int


@dataclass(frozen=True)
class PlannedBuffer(Artifact):
    """One buffer's place in the arena, for the picture of the memory plan.

    Attributes:
        name: of the tensor or scratch buffer.
        offset, bytes: its place in the arena.
        first_use, last_use: indices into `layers` between which it is kept; -1 is before the first layer (the input).
    """

    name: str
    offset: int
    bytes: int
    first_use: int
    last_use: int


@dataclass(frozen=True)
class CompiledModel(Artifact):
    """What the compiler makes of a .tflite: C sources, and what there is to know about them.

    Attributes:
        sources: file name -> C text, for the folder `model` of a project.
        kernels: file names in firmware/kernels that the sources need, headers included.
        input, output: the two ends.
        arena_bytes: RAM for tensors and scratch.
        constants_bytes: flash for weights, biases and tables.
        macs: multiply-accumulates per inference.
        layers: in the order of computation.
        plan: who has which bytes of the arena, and when.
    """

    sources: dict[str, str]
    kernels: tuple[str, ...]
    input: TensorSpec
    output: TensorSpec
    arena_bytes: int
    constants_bytes: int
    macs: int
    layers: tuple[LayerReport, ...]
    plan: tuple[PlannedBuffer, ...]


@dataclass(frozen=True)
class LayerSize(Artifact):
    """Flash of one layer's own code and constants; kernels that layers share are not in it."""

    code_bytes: int
    constants_bytes: int


@dataclass(frozen=True)
class SizeReport(Artifact):
    """Bytes that the linked image occupies, read from the ELF, against the board's limits.

    Attributes:
        flash_bytes: code, constants and the initial values of data.
        ram_bytes: data and zero-initialised data (with the arena), without the stack.
        stack_bytes: what is reserved for or measured as the stack; None where neither is known.
        flash_by_owner, ram_by_owner: the same bytes by who owns them (model, kernels, core, port, libc ...).
        layers: by layer of a compiled model; empty for an interpreter.
    """

    flash_bytes: int
    flash_limit: int
    ram_bytes: int
    ram_limit: int
    stack_bytes: int | None = None
    flash_by_owner: dict[str, int] = field(default_factory=dict)
    ram_by_owner: dict[str, int] = field(default_factory=dict)
    layers: dict[str, LayerSize] = field(default_factory=dict)


@dataclass(frozen=True)
class Build(Artifact):
    """One firmware build: `build/<board>/build.json`.

    Attributes:
        board: the board's id.
        model, dtype, runtime: what the firmware computes, and with which engine.
        toolchain: the builder that made it.
        project: the generated project folder.
        image: the file to be flashed or booted.
        model_path: the `.tflite` whose outputs the device must equal.
        model_bytes: the size of the `.tflite`.
        flash_bytes, flash_limit, ram_bytes, ram_limit: see SizeReport.
        build_id: 16 hex digits over every source, option and tool version of the build.
        model_sha256: of the `.tflite`.
        size: the size report in full.
        board_name, mcu, clock_hz: as in the board file: its name in words, the maker's name of the chip, hertz; 0 and
            empty where they are not known.
        optimise: the compiler's optimisation option.
        image_sha256: of the file to be flashed.
        tools: what made the firmware, name -> version.
        input, output: the network's two ends; None where they are not known.
        macs: multiply-accumulates per inference; None for an interpreter.
        arena_bytes: RAM for tensors and scratch, as planned, or as reserved for the interpreter.
        layers, plan: see CompiledModel; empty for an interpreter.
        card: how the model was trained; None for a user's own file.
    """

    board: str
    model: str
    dtype: DType
    runtime: Runtime
    toolchain: str
    project: Path
    image: Path
    model_path: Path
    model_bytes: int
    flash_bytes: int
    flash_limit: int
    ram_bytes: int
    ram_limit: int
    build_id: str
    model_sha256: str
    size: SizeReport
    board_name: str = ""
    mcu: str = ""
    clock_hz: int = 0
    optimise: str = ""
    image_sha256: str = ""
    tools: dict[str, str] = field(default_factory=dict)
    input: TensorSpec | None = None
    output: TensorSpec | None = None
    macs: int | None = None
    arena_bytes: int | None = None
    layers: tuple[LayerReport, ...] = ()
    plan: tuple[PlannedBuffer, ...] = ()
    card: ModelCard | None = None


@dataclass(frozen=True)
class RunningDevice(Artifact):
    """A device that `flash` left running: `build/<board>/device.json`.

    Attributes:
        board: the board's id.
        port: what `verify` opens; anything that pyserial's serial_for_url takes.
        build_id: of the firmware that was flashed.
        pid: of the emulator's process; None for a physical board.
        log: the emulator's output.
    """

    board: str
    port: str
    build_id: str
    pid: int | None = None
    log: Path | None = None


@dataclass(frozen=True)
class Score(Artifact):
    """Right answers of a set, with a 95 % Wilson score interval of the proportion."""

    correct: int
    total: int
    ci95: tuple[float, float]


@dataclass(frozen=True)
class Histogram(Artifact):
    """Counts of whole numbers in bins of one width.

    Attributes:
        start: the lowest value of the first bin.
        width: of every bin; bin i holds start + i * width <= value < start + (i + 1) * width.
        counts: values in each bin.
        beyond: values above the last bin, a few that would have squeezed all others into one bar.
    """

    start: int
    width: int
    counts: tuple[int, ...]
    beyond: int = 0


@dataclass(frozen=True)
class Ticks(Artifact):
    """Time per inference in the unit that the device can honestly give.

    Attributes:
        unit: "instructions", "cycles" or "microseconds".
        min, median, max: over all answered images.
        histogram: the distribution; None if it was not kept.
    """

    unit: str
    min: int
    median: int
    max: int
    histogram: Histogram | None = None


@dataclass(frozen=True)
class DeviceIdentity(Artifact):
    """What the device said of itself in HELLO."""

    board: str
    runtime: str
    model_sha256: str
    build_id: str
    arena_bytes: int
    stack_bytes: int


@dataclass(frozen=True)
class LinkStats(Artifact):
    """What the link went through.

    Attributes:
        bytes_up, bytes_down: on the wire, framing included.
        frames_sent: frames to the device, resent ones included.
        resent: frames sent again.
        damaged: frames that failed their CRC, either side.
        timeouts: silences that ended in a new HELLO.
        resets: times that the device started anew in mid-run.
        reopened: times that the port vanished and came back.
    """

    bytes_up: int = 0
    bytes_down: int = 0
    frames_sent: int = 0
    resent: int = 0
    damaged: int = 0
    timeouts: int = 0
    resets: int = 0
    reopened: int = 0


@dataclass(frozen=True)
class DeviceShare(Artifact):
    """What one of several boards did in a run.

    Attributes:
        port: what was opened.
        answered: images that it answered.
        lost: why it was given up in mid-run; None if it was there to the end.
        link: what its own link went through.
    """

    port: str
    answered: int
    lost: str | None
    link: LinkStats


@dataclass(frozen=True)
class ImageResult(Artifact):
    """One image's fate.

    Attributes:
        set: "mnist", "external" or "random".
        index: within its set.
        name: the file's name, for external images.
        label: the truth, or None for inputs without one.
        expected, got: output tensor bytes in hex; got is None if never answered.
        exact: the bytes are equal.
        ticks: measured by the device.
        within_tolerance: float32: the difference is within the stated tolerance; None means the same as `exact`.
    """

    set: str
    index: int
    name: str
    label: int | None
    predicted: int | None
    expected: str
    got: str | None
    exact: bool
    ticks: int | None
    within_tolerance: bool | None = None

    @property
    def passed(self) -> bool:
        """The device's output counts as the host's; whether the label is right is another matter."""
        return self.exact if self.within_tolerance is None else self.within_tolerance


@dataclass(frozen=True)
class Pictures(Artifact):
    """Images as data URIs, so that the report can be made again from its JSON alone.

    Attributes:
        seen: "set/index" -> PNG, 28x28 grey, exactly what the network saw.
        drawn: "set/index" -> a reduced JPEG of the file that a person drew or photographed.
    """

    seen: dict[str, str] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verification(Artifact):
    """Device against host: `build/<board>/verification.json`.

    Attributes:
        images: that were to be asked.
        answered: that were answered.
        bit_exact: whose output bytes equal the host's.
        within_tolerance: float32 only: outputs within the stated tolerance; for int8 equal to bit_exact.
        tolerance: largest absolute difference allowed; 0 for int8.
        max_difference: largest absolute difference seen, in the output's own unit.
        reference: the host interpreter that gave the expected bytes.
        first_difference: the first image that differed, in words; None if none did.
        proven: all answered and all within tolerance.
        external: the external images and a user's own, one by one.
        wrong: every image whose output differs, was never given, or is not its label.
        confusion: by set: rows are the truth, columns what the device said; unanswered images are in none.
        date: of the end of the run, ISO 8601, UTC.
        port: what was opened; several boards' ports with commas between.
        devices: each board's share, if there were several; `link` is then their sum.
        emulated: True for an emulator that `flash` started, False for another device that it flashed, None if unknown.
        resumed: answers taken over from the journal of an interrupted run.
        data: by set: where its images came from, in words.
        tools: what took part in the run, name -> version.
        pictures: of the images that the report shows.
    """

    board: str
    model: str
    dtype: DType
    images: int
    answered: int
    bit_exact: int
    within_tolerance: int
    tolerance: float
    max_difference: float
    resent: int
    proven: bool
    reference: str
    first_difference: str | None
    accuracy: dict[str, Score]
    ticks: Ticks | None
    seconds: float
    images_per_second: float
    device: DeviceIdentity
    link: LinkStats
    external: tuple[ImageResult, ...] = ()
    wrong: tuple[ImageResult, ...] = ()
    confusion: dict[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    date: str = ""
    port: str = ""
    emulated: bool | None = None
    resumed: int = 0
    data: dict[str, str] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    pictures: Pictures = field(default_factory=Pictures)
    devices: tuple[DeviceShare, ...] = ()


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
