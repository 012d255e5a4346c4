"""A firmware build: its sizes, its record, and the device that runs it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from toolkit.artifacts.agreement import Agreement
from toolkit.artifacts.base import Artifact, DType, Runtime, read_json, seal_of, sha256_of, to_jsonable
from toolkit.artifacts.model import FloatModel, LayerReport, ModelCard, PlannedBuffer
from toolkit.artifacts.tensor import TensorSpec
from toolkit.artifacts.trace import TracePoint
from toolkit.errors import ChangedFileError

_PLACES = ("project", "image", "model_path", "original", "board_file", "elf")
"""Of a record: where files lie. A workspace may be moved, and what the files hold has hashes of its own."""


@dataclass(frozen=True)
class LayerSize(Artifact):
    """Flash of one layer's own code, with what was inlined into it, and of its constants; see SizeReport.kernels."""

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
        kernels: code of the kernels that layers call, by source file; a layer that inlines its kernel needs none.
    """

    flash_bytes: int
    flash_limit: int
    ram_bytes: int
    ram_limit: int
    stack_bytes: int | None = None
    flash_by_owner: dict[str, int] = field(default_factory=dict)
    ram_by_owner: dict[str, int] = field(default_factory=dict)
    layers: dict[str, LayerSize] = field(default_factory=dict)
    kernels: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BuildSlots(Artifact):
    """Of a firmware that takes networks over the link.

    Attributes:
        model_sha256: of the `.tflite` that was built in; it lies in the project.
        kernels: 16 hex digits over the kernels that it can run, and their sources.
        start, each: the first slot's address, and bytes of each.
        arena_bytes: RAM for the tensors of whatever network comes.
    """

    model_sha256: str
    kernels: str
    start: int
    each: int
    arena_bytes: int


@dataclass(frozen=True)
class Build(Artifact):
    """One firmware build: `build/<board>/<model>-<dtype>-<runtime>/build.json`.

    Attributes:
        board: the board's id.
        model, dtype, runtime: what the firmware computes, and with which engine.
        toolchain: the builder that made it.
        project: the generated project folder.
        image: the file to be flashed or booted.
        model_path: the `.tflite` whose outputs the device must equal.
        model_bytes: the size of the `.tflite`.
        flash_bytes, flash_limit, ram_bytes, ram_limit: see SizeReport.
        build_id: 16 hex digits over every source, option and tool version of the build, and over the image itself.
        model_sha256: of the `.tflite`.
        size: the size report in full.
        standing: as in the board file: how far the toolkit was tried with the board; empty if that is not known.
        board_name, mcu, clock_hz: as in the board file: its name in words, the maker's name of the chip, hertz; 0 and
            empty where they are not known.
        optimise: the compiler's optimisation option.
        image_sha256: of the file to be flashed; empty is no hash, and equals no file's.
        tools: what made the firmware, name -> version.
        inputs, outputs: the network's ends, in its own order; empty where they are not known.
        macs: multiply-accumulates per inference; None for an interpreter.
        arena_bytes: RAM for tensors and scratch, as planned, or as reserved for the interpreter.
        layers, plan: see CompiledModel; empty for an interpreter.
        points: the layers that a device with this firmware tells of, if it is asked; empty where it cannot.
        streamed, row_bytes: see CompiledModel.
        elf: the linked program with its symbols; None where the builder leaves none.
        card: how the model was trained; None for a user's own file.
        original, original_sha256, changes: the user's file, where the model is what was made of it; see ModelFile.
        board_file: where the board was read from: it may be no file that its id finds.
        agreement: whether TensorFlow Lite Micro computes what LiteRT does; None where that was not asked.
        floats: the float32 network that this int8 one was made of, where it is known.
        slots: where networks come to; None for a firmware that takes none.
        upright: the engine sets a picture upright before the network reads it; see toolkit/data/straighten.py.
        record_sha256: of this record as JSON, without this and the paths; `save` fills it in, `load` demands it.
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
    standing: str = ""
    clock_hz: int = 0
    optimise: str = ""
    image_sha256: str = ""
    tools: dict[str, str] = field(default_factory=dict)
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    macs: int | None = None
    arena_bytes: int | None = None
    layers: tuple[LayerReport, ...] = ()
    plan: tuple[PlannedBuffer, ...] = ()
    points: tuple[TracePoint, ...] = ()
    streamed: int = 0
    row_bytes: int = 0
    elf: Path | None = None
    card: ModelCard | None = None
    original: Path | None = None
    original_sha256: str = ""
    changes: tuple[str, ...] = ()
    board_file: Path | None = None
    agreement: Agreement | None = None
    floats: FloatModel | None = None
    slots: BuildSlots | None = None
    upright: bool = False
    record_sha256: str = ""

    def sealed(self) -> Self:
        """The same, with `record_sha256` filled in."""
        return dataclasses.replace(self, record_sha256=seal_of(to_jsonable(self), without=_PLACES))

    def save(self, path: Path) -> None:
        """Write it sealed; see Artifact."""
        super(Build, self.sealed()).save(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read back what `save` wrote.

        Raises:
            ChangedFileError: somebody has changed it since.
            TinymlError: see Artifact.
        """
        build = super().load(path)
        if build.record_sha256 != seal_of(read_json(path), without=_PLACES):
            raise ChangedFileError(
                f"{path} is not what tinyml build wrote: it was changed since", f"tinyml build --board {build.board}"
            )
        return build

    def read_model(self) -> bytes:
        """The bytes of the `.tflite` that the device must equal.

        Raises:
            ChangedFileError: it is missing, or not the file that was built.
        """
        return self._read(self.model_path, self.model_sha256, "the model")

    def read_image(self) -> bytes:
        """The bytes of the file to be flashed.

        Raises:
            ChangedFileError: it is missing, or not the file that was built.
        """
        return self._read(self.image, self.image_sha256, "the image")

    def check_files(self) -> None:
        """Hold model and image against their hashes.

        Raises:
            ChangedFileError: one is missing, or not the file that was built.
        """
        self.read_model()
        self.read_image()

    def _read(self, path: Path, sha256: str, what: str) -> bytes:
        cure = f"tinyml build --board {self.board}"
        try:
            data = path.read_bytes()
        except OSError as caught:
            raise ChangedFileError(f"cannot read {what} {path}: {caught.strerror}", cure) from caught
        if sha256_of(data) != sha256:
            raise ChangedFileError(
                f"{what} {path} is another file than build {self.build_id} made "
                f"(SHA-256 {sha256_of(data)[:12]}..., not {sha256[:12] or 'known'}...)",
                f"it was changed by hand or by another program since; {cure}",
            )
        return data


@dataclass(frozen=True)
class RunningDevice(Artifact):
    """A device that `flash` left running: `build/<board>/device.json`.

    Attributes:
        board: the board's id.
        port: what `verify` opens; anything that pyserial's serial_for_url takes.
        build_id: of the firmware that was flashed.
        pid: of the emulator's process; None for a physical board.
        log: the emulator's output.
        started: when that process was started, as `process.start_of` has it: its number may be another's by now.
    """

    board: str
    port: str
    build_id: str
    pid: int | None = None
    log: Path | None = None
    started: str | None = None
