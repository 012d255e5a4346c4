"""What each layer of a build costs on its board."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts.base import Artifact, DType, Runtime


@dataclass(frozen=True)
class LayerProfile(Artifact):
    """One layer.

    Attributes:
        name: "layer 3", as of its TracePoint.
        operators: of the .tflite, that it computes.
        tensor: the name of its output.
        ticks: in `Profile.unit`.
        share: of the ticks of all layers, 0..1.
        macs: multiply-accumulates.
        flash_bytes: its constants, its own code, and kernels that no other layer calls; None where it is not known.
        ram_bytes: its output and its scratch.
        live_bytes: all of the arena that is in use while it runs, its inputs too; None for an interpreter.
        instructions, least, most, flash_reads: of an estimate: instructions counted, the ends of what is left open
            of their cycles, and reads of constants in flash; None where `ticks` was measured.
    """

    name: str
    operators: tuple[str, ...]
    tensor: str
    ticks: int
    share: float
    macs: int
    flash_bytes: int | None
    ram_bytes: int
    live_bytes: int | None = None
    instructions: int | None = None
    least: int | None = None
    most: int | None = None
    flash_reads: int | None = None

    @property
    def per_mac(self) -> float | None:
        """Ticks of a multiply-accumulate; None for a layer that has none."""
        return self.ticks / self.macs if self.macs else None


@dataclass(frozen=True)
class SharedKernel(Artifact):
    """A kernel whose code is no single layer's.

    Attributes:
        name: its source file.
        code_bytes: of it.
        layers: names of the layers that call it; empty where only other kernels do.
    """

    name: str
    code_bytes: int
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Profile(Artifact):
    """The layers of one inference, and that inference as a whole: that of the input whose total is the median.

    Attributes:
        board, board_name, model, dtype, runtime, build_id, clock_hz: of the build.
        unit: of all ticks: "instructions", "cycles" or "microseconds".
        estimate: `ticks` are cycles weighed by the maker's table (docs/profile.md), and were not measured.
        total: of the inference as it always runs; layers that are stopped after each add up to a little more.
        inputs: how many were asked; input: the number of the one that is shown, from 0.
        fastest, slowest: totals over all of them.
        layers: in the order of computation.
        kernels: code that layers share.
        weighed_by: of an estimate: whose cycles for an instruction these are, in words.
        instructions, least, most, flash_reads: of an estimate: of the whole inference, as of LayerProfile.
        flash_waits: of an estimate: cycles that those reads may wait at most, which are not in any other figure.
        date: when, in UTC.
    """

    board: str
    board_name: str
    model: str
    dtype: DType
    runtime: Runtime
    build_id: str
    clock_hz: int
    unit: str
    estimate: bool
    total: int
    inputs: int
    input: int
    fastest: int
    slowest: int
    layers: tuple[LayerProfile, ...]
    kernels: tuple[SharedKernel, ...] = ()
    weighed_by: str = ""
    instructions: int | None = None
    least: int | None = None
    most: int | None = None
    flash_reads: int | None = None
    flash_waits: int | None = None
    date: str = ""

    @property
    def of_layers(self) -> int:
        """Ticks of all layers together."""
        return sum(layer.ticks for layer in self.layers)
