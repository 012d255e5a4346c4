"""The `host` board's tflm runtime: the firmware core as a shared library, TFLM's official interpreter as its engine.

Everything but the network itself is the device's own C: core, port, framing. The engine calls back into this process,
where PyPI's tflite-micro computes. It is a process of its own, as any emulator: `python -m toolkit.emulate.host_tflm`.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.artifacts import sha256_of
from toolkit.errors import EmulatorError, ModelError
from toolkit.tflite import describe, ends
from toolkit.tflite.points import places_of

log = logging.getLogger(__name__)

_INVOKE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_uint8), ctypes.POINTER(ctypes.c_uint8))
_WATCH = ctypes.CFUNCTYPE(None, ctypes.c_uint16, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32)
_TRACE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_uint8), ctypes.POINTER(ctypes.c_uint8), _WATCH)
_SHA256_BYTES = 32
_PRESERVING_ARENA = 1 << 30  # untouched pages of it cost nothing
_SPARE_ARENA = 1 << 20  # with 64-bit pointers an arena is larger than on a device; memory is plentiful here


def command(library: Path, model: Path, link: Sequence[str]) -> list[str]:
    """The argv that runs a built firmware.

    Args:
        library: `out/firmware.so` of the project.
        model: the `.tflite` that the firmware was built for.
        link: the host port's own arguments: "--tcp PORT" or "--pty", and "--once".
    """
    # -P: a folder of the user's that is called as a module of ours must not be run in its place.
    return [sys.executable, "-P", "-m", __name__, str(library), str(model), *link]


class _End(ctypes.Structure):
    """engine_end_t of engine.h."""

    _fields_ = (("bytes", ctypes.c_uint32), ("dtype", ctypes.c_uint8), ("zero", ctypes.c_uint8 * 3))


class _EngineInfo(ctypes.Structure):
    """engine_info_t of engine.h."""

    _fields_ = (
        ("runtime", ctypes.c_char_p),
        ("ends", ctypes.POINTER(_End)),
        ("inputs", ctypes.c_uint8),
        ("outputs", ctypes.c_uint8),
        ("layers", ctypes.c_uint16),
        ("arena_bytes", ctypes.c_uint32),
    )


class Interpreter:
    """TFLM's interpreter on rows of bytes, as tflm_host_engine.h sees it.

    Args:
        tflite: the model.

    Raises:
        ModelError: PyPI's tflite-micro is not installed, or refuses the model.
    """

    def __init__(self, tflite: bytes) -> None:
        try:
            from tflite_micro.python.tflite_micro import runtime
        except ImportError as caught:
            raise ModelError(
                "the host's tflm runtime needs PyPI's tflite-micro, which is not installed",
                "it exists for Linux on x86-64 (pip install tflite-micro); elsewhere build with --runtime aot",
            ) from caught
        arena = _SPARE_ARENA + 40 * len(tflite)
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints; the first line is to be the port's name
                self._interpreter: Any = runtime.Interpreter.from_bytes(tflite, arena_size=arena)
        except RuntimeError as caught:
            raise ModelError(f"TensorFlow Lite Micro refuses the model: {caught}", "tinyml models") from caught
        self._preserving: Any = None
        self._tflite = tflite
        self._ends = ends.ends_of(tflite)
        self._keeps_state = describe(tflite).keeps_state
        self.input_bytes = ends.size_bytes(self._ends.inputs)
        self.output_bytes = ends.size_bytes(self._ends.outputs)

    @property
    def sizes(self) -> list[int]:
        """Bytes of each input, then of each output."""
        return [spec.size_bytes for spec in (*self._ends.inputs, *self._ends.outputs)]

    def invoke(self, data: bytes) -> bytes:
        """The output tensors' bytes, one after the other, from the input tensors'.

        Raises:
            RuntimeError: the interpreter failed.
        """
        return self._invoked(self._interpreter, data)

    def trace(self, data: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        """The same, and each tensor that an operator leaves, in their order.

        Raises:
            RuntimeError: the interpreter failed.
        """
        from tflite_micro.python.tflite_micro import runtime

        if self._preserving is None:
            with contextlib.redirect_stdout(io.StringIO()):
                self._preserving = runtime.Interpreter.from_bytes(
                    self._tflite,
                    arena_size=_PRESERVING_ARENA,
                    intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,  # spelt so
                )
        output = self._invoked(self._preserving, data)
        tensors = (self._preserving.GetTensor(tensor, 0)["tensor_data"] for _, tensor in places_of(self._tflite))
        return output, tuple(tensor.tobytes() for tensor in tensors)

    def _invoked(self, interpreter: Any, data: bytes) -> bytes:
        import numpy as np

        row = np.frombuffer(data, np.uint8).reshape(1, -1)
        for place, (spec, raw) in enumerate(zip(self._ends.inputs, ends.split(self._ends.inputs, row), strict=True)):
            interpreter.set_input(raw.copy().view(spec.numpy).reshape(spec.shape), place)
        if self._keeps_state:
            interpreter.reset()  # as tflm_engine.cc does
        interpreter.invoke()
        return b"".join(interpreter.get_output(place).tobytes() for place in range(len(self._ends.outputs)))


def serve(library: Path, model: Path, link: Sequence[str]) -> None:
    """Run the firmware; returns only if it cannot be loaded, for its loop has no end.

    Args:
        library, model, link: as in `command`.

    Raises:
        EmulatorError: the library cannot be loaded, or is no firmware of the host board.
        ModelError: the model cannot be read, or the interpreter refuses it.
    """
    try:
        tflite = model.read_bytes()
    except OSError as caught:
        raise ModelError(f"{model} cannot be read: {caught.strerror}", "build again") from caught
    interpreter = Interpreter(tflite)

    def invoke(source: Any, sink: Any) -> int:
        try:
            output = interpreter.invoke(ctypes.string_at(source, interpreter.input_bytes))
        except Exception:  # an exception must not pass through C; the core answers REFUSED
            log.exception("the interpreter failed")
            return 1
        ctypes.memmove(sink, output, interpreter.output_bytes)
        return 0

    def trace(source: Any, sink: Any, watch: Any) -> int:
        try:
            output, layers = interpreter.trace(ctypes.string_at(source, interpreter.input_bytes))
        except Exception:
            log.exception("the interpreter failed")
            return 1
        for layer, tensor in enumerate(layers):
            watch(layer, tensor, len(tensor), len(tensor))
        ctypes.memmove(sink, output, interpreter.output_bytes)
        return 0

    callbacks = _INVOKE(invoke), _TRACE(trace)
    words = [b"firmware", *(word.encode() for word in link), None]
    arguments = (ctypes.c_char_p * len(words))(*words)  # the port keeps it
    try:
        firmware = ctypes.CDLL(str(library))
        firmware.engine_info.restype = ctypes.POINTER(_EngineInfo)
        info = firmware.engine_info().contents
        built_for = bytes((ctypes.c_uint8 * _SHA256_BYTES).in_dll(firmware, "tinyml_build_model_sha256")).hex()
        firmware.host_arguments(len(link) + 1, arguments)
        firmware.tflm_host_set_invoke(*callbacks)
        start, run = firmware.port_init, firmware.tinyml_app_run
    except (OSError, AttributeError, ValueError) as caught:
        raise EmulatorError(f"{library} is no firmware of the host board: {caught}", "build again") from caught
    # HELLO will say that it computes this very file.
    sizes = [info.ends[place].bytes for place in range(info.inputs + info.outputs)]
    if sha256_of(tflite) != built_for or sizes != interpreter.sizes:
        raise EmulatorError(f"{library} was built for another model than {model.name}", "build again")
    # The loop below never returns to Python, which therefore would never see an interrupt.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    start()
    run()
