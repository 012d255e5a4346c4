"""A firmware build: its sizes, its record, and the device that runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from toolkit.artifacts.base import Artifact, DType, Runtime
from toolkit.artifacts.model import LayerReport, ModelCard, PlannedBuffer, TensorSpec


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
        original, original_sha256, changes: the user's file, where the model is what was made of it; see ModelFile.
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
    original: Path | None = None
    original_sha256: str = ""
    changes: tuple[str, ...] = ()


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
