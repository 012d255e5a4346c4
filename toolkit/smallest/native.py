"""The trainer in C, compiled at first use for this CPU, behind NumPy arrays."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import process, resources
from toolkit.errors import ToolError
from toolkit.zoo.topology import Layer, Slot, Topology

FOLDER = Path(__file__).with_name("trainer")
COMPILERS = ("clang", "gcc")
COMPILE_SECONDS = 180.0
LANES = 16
_BATCH, _FIXED = 0, 2  # of enum mode

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_POINTER = ctypes.c_void_p


class _Layer(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int32) for name in ("kind", "channels", "height", "width", "kernel", "padding", "source")),
        *((name, ctypes.c_int32) for name in ("weights", "scale", "bias")),
        ("slope", ctypes.c_float),
    )


class _State(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_int32),
        *((name, _POINTER) for name in ("parameters", "first", "second", "averaged", "decay", "least", "grid")),
    )


class _Settings(ctypes.Structure):
    _fields_ = (
        ("accumulate", ctypes.c_int32),
        *((name, ctypes.c_float) for name in ("beta1", "beta2", "averaging", "smoothing", "forgiving", "sharpness")),
        ("mode", ctypes.c_int32),
        ("rates", _POINTER),
        ("steps_before", ctypes.c_int64),
        *((name, _POINTER) for name in ("real", "inner", "places")),
        ("inner_count", ctypes.c_int32),
        ("outer", ctypes.c_float),
    )


class _Loss(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_float) for name in ("smoothing", "forgiving"))


class _Bounds(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_float) for name in ("degrees", "shear_degrees", "scale", "shift"))


# What -ffast-math stands for. By that name GCC links crtfastmath.o, and who loads the library has subnormal numbers
# flushed to zero from then on, in all that this process computes.
_ANY_ORDER = (
    "-fno-math-errno", "-ffinite-math-only", "-fno-signed-zeros", "-fno-trapping-math", "-fassociative-math",
    "-freciprocal-math",
)  # fmt: skip


def compile_command(compiler: str, sources: list[str], program: str) -> list[str]:
    """The argv that builds the library; pure."""
    # A Power or a 64-bit Arm compiler knows -mcpu=native, all others -march.
    cpu = "-mcpu=native" if platform.machine().lower() in ("aarch64", "arm64", "ppc64le") else "-march=native"
    return [
        *(compiler, "-std=gnu11", "-O3", cpu, *_ANY_ORDER, "-Wall", "-Wextra", "-Wconversion", "-Wno-psabi"),
        *("-shared", "-fPIC", "-o", program, *sources, "-lm"),
    ]


def version() -> str:
    """Of the trainer: by its sources, 12 digits."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.[ch]")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _cpu() -> str:
    """What a library made here needs: another machine may share the folder."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = platform.processor()
    flags = sorted({line for line in text.splitlines() if line.startswith(("flags", "Features", "model name"))})
    return "\n".join(flags) or text


@functools.cache
def library() -> ctypes.CDLL:
    """The compiled trainer, from the cache where it is there already.

    Raises:
        ToolError: there is no C compiler, or it refuses the sources.
    """
    compiler = next((each for each in COMPILERS if process.find(each)), COMPILERS[0])
    told = process.run([compiler, "--version"], timeout=20).stdout
    flags = compile_command(compiler, [], "")
    key = hashlib.sha256(f"{version()} {told} {_cpu()} {flags}".encode()).hexdigest()[:16]
    program = resources.cache() / "smallest" / key / "trainer.so"
    if not program.is_file():
        program.parent.mkdir(parents=True, exist_ok=True)
        partial = program.with_name(f"trainer.partial-{os.getpid()}")
        sources = [str(path) for path in sorted(FOLDER.glob("*.c"))]
        done = process.run(compile_command(compiler, sources, str(partial)), timeout=COMPILE_SECONDS, check=False)
        if done.returncode != 0:
            raise ToolError(f"the trainer does not compile: {process.first_error(done)}", process.install_hint("gcc"))
        partial.replace(program)
    loaded = ctypes.CDLL(str(program))
    loaded.network_new.restype = _POINTER
    for name in ("network_values", "network_gradients"):
        getattr(loaded, name).restype = _POINTER
    for name in ("train_epoch", "batch_gradients"):
        getattr(loaded, name).restype = ctypes.c_double
    return loaded


def _at(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    if not array.flags["C_CONTIGUOUS"]:
        raise ValueError("C takes arrays in one piece")
    return ctypes.c_void_p(array.ctypes.data)


class Network:
    """A topology in memory, for one process; holds no parameters."""

    def __init__(self, topology: Topology, blocks: int = 4) -> None:
        """`blocks`: of sixteen images, in a batch."""
        self.topology = topology
        self.images = blocks * LANES
        self._library = library()
        layers = (_Layer * len(topology.layers))()
        for place, layer in enumerate(topology.layers):
            layers[place] = _layer(layer, topology.slots)
        made = self._library.network_new(layers, len(layers), topology.trained, blocks)
        if not made:
            raise MemoryError
        self._network = ctypes.c_void_p(made)

    @property
    def handle(self) -> ctypes.c_void_p:
        """For C; valid while this lives."""
        return self._network

    def __del__(self) -> None:
        if getattr(self, "_network", None):
            self._library.network_free(self._network)

    def gradients(
        self,
        parameters: Floats,
        real: Floats,
        images: Bytes,
        labels: Bytes,
        chosen: npt.NDArray[np.int32],
        *,
        frozen: bool = False,
        forgiving: float = 0.0,
    ) -> tuple[float, Floats]:
        """Sum of the losses of one batch and its gradients; `frozen`: with the statistics that are set."""
        sums = np.zeros(self.topology.trained, np.float32)
        loss = self._library.batch_gradients(
            self._network,
            *(_at(parameters), _at(sums), _at(real), _at(images), _at(labels), _at(chosen)),
            *(_Loss(0.0, forgiving), ctypes.c_float(1.0), _FIXED if frozen else _BATCH),
        )
        return float(loss), sums

    def epoch(
        self,
        state: State,
        images: Bytes,
        labels: Bytes,
        order: npt.NDArray[np.int32],
        rates: Floats,
        real: Floats,
        *,
        accumulate: int,
        betas: tuple[float, float],
        averaging: float,
        smoothing: float,
        sharpness: float,
        forgiving: float = 0.0,
        frozen: bool = False,
        inner: Inner | None = None,
    ) -> float:
        """Train over `order`; the mean loss, of the inner network if there is one. `state` is changed."""
        steps = len(order) // (self.images * accumulate)
        if len(rates) < steps:
            raise ValueError(f"{len(rates)} rates for {steps} steps")
        settings = _Settings(
            accumulate,
            *betas,
            averaging,
            smoothing,
            forgiving,
            sharpness,
            _FIXED if frozen else _BATCH,
            _at(rates).value,
            state.steps,
            _at(real).value,
            *((inner.network.handle.value, _at(inner.places).value, len(inner.places), inner.outer) if inner else ()),
        )
        held = state.pointers()
        loss = self._library.train_epoch(
            self._network,
            *(ctypes.byref(held), ctypes.byref(settings), _at(images), _at(labels), _at(order), len(order)),
        )
        if loss < 0:
            raise MemoryError
        state.steps += steps
        return float(loss)

    def collect(self, parameters: Floats, real: Floats, images: Bytes) -> Floats:
        """The normalisations' means and variances over these images; they hold until others are set."""
        done = self._library.collect_statistics(self._network, _at(parameters), _at(real), _at(images), len(images))
        if not done:
            raise ValueError(f"{len(images)} images are fewer than a batch of {self.images}")
        out = np.zeros(self._library.network_statistics(self._network, None), np.float32)
        self._library.network_statistics(self._network, _at(out))
        return out

    def set_statistics(self, given: Floats) -> None:
        """As `collect` gave them."""
        self._library.network_statistics_set(self._network, _at(given))

    def run(self, parameters: Floats, real: Floats, images: Bytes) -> Floats:
        """[N, classes]: scores before the softmax."""
        classes = self.topology.layers[-1].channels
        out = np.zeros((len(images), classes), np.float32)
        if not self._library.run_images(self._network, _at(parameters), _at(real), _at(images), len(images), _at(out)):
            raise MemoryError
        return out

    def values(self, layer: int) -> Floats:
        """[images, channels, height, width]: what a layer had in the last batch."""
        what = self.topology.layers[layer]
        shape = (self.images // LANES, what.channels, what.height, what.width, LANES)
        at = self._library.network_values(self._network, layer)
        held = np.ctypeslib.as_array((ctypes.c_float * int(np.prod(shape))).from_address(at)).reshape(shape)
        return np.moveaxis(held, -1, 1).reshape(self.images, *shape[1:4]).copy()


@dataclass(frozen=True)
class Inner:
    """A narrower network that is trained inside a wide one.

    Attributes:
        network: it; places: int32, of each of its parameters among those of the wide one.
        outer: the wide network's loss counts so much, its own 1.
    """

    network: Network
    places: npt.NDArray[np.int32]
    outer: float


class State:
    """Parameters and what the optimiser remembers; float32 [trained] each."""

    def __init__(self, parameters: Floats, decay: Floats, least: Floats, grid: Floats | None = None) -> None:
        self.parameters = parameters.astype(np.float32).copy()
        self.averaged = self.parameters.copy()
        self.first = np.zeros_like(self.parameters)
        self.second = np.zeros_like(self.parameters)
        self.decay, self.least, self.grid = decay, least, grid
        self.steps = 0

    def pointers(self) -> _State:
        """As C has it; valid while the arrays live."""
        arrays = (self.parameters, self.first, self.second, self.averaged, self.decay, self.least)
        grid = None if self.grid is None else _at(self.grid).value
        return _State(len(self.parameters), *(_at(each).value for each in arrays), grid)


def augment(images: Bytes, side: int, bounds: tuple[float, float, float, float], seed: int) -> Bytes:
    """[N, side * side]: a changed copy of each; bounds: degrees, degrees of shear, scale, shift in pixels."""
    out = np.empty_like(images)
    library().augment(
        *(_at(images), _at(out), len(images), side, side, _Bounds(*bounds), ctypes.c_uint64(seed)),
    )
    return out


def _layer(layer: Layer, slots: tuple[Slot, ...]) -> _Layer:
    def offset(slot: int) -> int:
        return slots[slot].offset if slot >= 0 else -1

    return _Layer(
        *(int(layer.kind), layer.channels, layer.height, layer.width, layer.kernel, layer.padding, layer.source),
        *(offset(layer.weights), offset(layer.scale), offset(layer.bias), layer.slope),
    )
