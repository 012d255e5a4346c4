"""The computed network as a shared library of this computer, whose constants can be changed while it runs."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import process, resources
from toolkit.compiler import Changeable

COMPILERS = ("gcc", "cc", "clang")
# -O1: measured, these kernels' loops are as fast as with -O3, and compiled in half the time.
_FLAGS = ("-std=c99", "-O1", "-w", "-fwrapv", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno")
_NAME = "network.so"
"""On every system: who loads it gives its path."""
_SECONDS = 300.0

Bytes = npt.NDArray[np.uint8]


def compiler() -> str | None:
    """This computer's C compiler, or None."""
    return next((name for name in COMPILERS if process.find(name) is not None), None)


def compile_command(program: str, sources: Sequence[str]) -> list[str]:
    """The argv that builds the library."""
    # Windows does not look for libraries of a library beside the compiler.
    own = ("-static-libgcc",) if sys.platform == "win32" else ()
    return [program, *_FLAGS, *own, *sources, "-o", _NAME, "-lm"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Inputs beside what is due for them, as the library takes them.

    Attributes:
        inputs: uint8 [N, bytes of all input tensors].
        due: uint8 [N, bytes of all output tensors], the host's.
        allowed: float64 [N, float32 output elements]: how far each may be from what is due.
    """

    inputs: Bytes
    due: Bytes
    allowed: npt.NDArray[np.float64]


class Library:
    """One network; not to be used by two threads at once, since it has one arena."""

    def __init__(self, path: Path, network: Changeable) -> None:
        """Load the library that `built` made of the network."""
        self.network = network
        self.input_bytes = sum(each.bytes for each in network.inputs)
        self.output_bytes = sum(each.bytes for each in network.outputs)
        self._c = ctypes.CDLL(str(path))
        self._c.tinyml_constant.restype = ctypes.c_void_p
        self._c.tinyml_arena.restype = ctypes.c_void_p
        self._c.tinyml_first.restype = ctypes.c_int32
        self._c.tinyml_shown.restype = ctypes.c_int32
        # An arena is a union with uint32_t: its size in C is a multiple of 4, as the plan's is.
        self.arena = _view(self._c.tinyml_arena(), network.arena_bytes, np.dtype(np.uint8))

    def constants(self, place: int, like: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """An array of constants in the library itself: what is written there is computed with."""
        return _view(self._c.tinyml_constant(ctypes.c_uint32(place)), like.size, like.dtype)

    def layer(self, number: int) -> None:
        """Compute one layer on the arena as it is."""
        self._c.tinyml_layer(ctypes.c_uint32(number))

    def begin(self, rows: Rows, which: npt.NDArray[np.int32]) -> Bytes:
        """[len(which), arena]: the state before the first layer, for these inputs."""
        states = np.zeros((len(which), self.arena.size), np.uint8)
        self._c.tinyml_begin(_at(rows.inputs), _at(which), ctypes.c_uint32(len(which)), _at(states))
        return states

    def advance(self, layer: int, before: Bytes, after: Bytes) -> None:
        """Compute a layer on each state; `after` may be `before`."""
        self._c.tinyml_advance(ctypes.c_uint32(layer), ctypes.c_uint32(len(before)), _at(before), _at(after))

    def results(self, states: Bytes) -> Bytes:
        """[N, output bytes] of states behind the last layer."""
        rows = np.empty((len(states), self.output_bytes), np.uint8)
        self._c.tinyml_results_of(ctypes.c_uint32(len(states)), _at(states), _at(rows))
        return rows

    def outputs(self, inputs: Bytes) -> Bytes:
        """[N, output bytes] for inputs [N, input bytes]."""
        found = [np.zeros((0, self.output_bytes), np.uint8)]
        for row in inputs:
            states = self.begin(Rows(np.ascontiguousarray(row[np.newaxis]), row, np.zeros(0)), np.zeros(1, np.int32))
            for layer in range(len(self.network.layers)):
                self.advance(layer, states, states)
            found.append(self.results(states))
        return np.concatenate(found)

    def shown(self, layer: int, before: Bytes, after: Bytes, fill: Bytes | None, share: float) -> int:
        """The place of the first state on which the layer's own output shows the change; -1: on none.

        Args:
            before, after, fill: as for `first`.
            share: float32: how far elements may be off, as a share of the largest.
        """
        count = ctypes.c_uint32(len(before))
        filled = None if fill is None else _at(fill)
        found = self._c.tinyml_shown(
            ctypes.c_uint32(layer), count, _at(before), _at(after), filled, ctypes.c_double(share)
        )
        return int(found)

    def first(
        self, layer: int, before: Bytes, after: Bytes, rows: Rows, which: npt.NDArray[np.int32], fill: Bytes | None
    ) -> tuple[int, bool, int]:
        """Which of the states first shows the change that was made to a layer.

        Args:
            before, after: the states around the unchanged layer.
            which: the input behind each state.
            fill: what the layer's output is overwritten with; None: its constants were changed.

        Returns:
            The place among the states, or -1; whether the layer's own output was another for any; and for how many
            states the layers behind it were computed.
        """
        reached, went_on = ctypes.c_int32(0), ctypes.c_int32(0)
        found = self._c.tinyml_first(
            ctypes.c_uint32(layer),
            ctypes.c_uint32(len(which)),
            _at(before),
            _at(after),
            _at(which),
            _at(rows.due),
            _at(rows.allowed),
            None if fill is None else _at(fill),
            ctypes.byref(reached),
            ctypes.byref(went_on),
        )
        return int(found), bool(reached.value), int(went_on.value)


def _at(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    if not array.flags.c_contiguous:
        raise ValueError("the library reads arrays as they lie")
    return ctypes.c_void_p(array.ctypes.data)


def _view(address: int, size: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    buffer: Any = (ctypes.c_uint8 * (size * dtype.itemsize)).from_address(address)
    return np.asarray(np.frombuffer(buffer, dtype))


@contextlib.contextmanager
def built(network: Changeable) -> Iterator[Library]:
    """The network, compiled and loaded while the block runs.

    Raises:
        ToolError: there is no C compiler, or it refused.
    """
    program = compiler() or COMPILERS[0]
    with tempfile.TemporaryDirectory(prefix="tinyml-strength-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        kernels = resources.kernels()
        for kernel in network.kernels:
            (folder / kernel).write_bytes(kernels[kernel].read_bytes())
        for source, text in network.sources.items():
            (folder / source).write_text(text, encoding="utf-8")
        sources = [each for each in (*network.kernels, *network.sources) if each.endswith(".c")]
        process.run(compile_command(program, sources), timeout=_SECONDS, cwd=folder)
        yield Library(folder / _NAME, network)
