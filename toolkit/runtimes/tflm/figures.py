"""What TFLM's own interpreter says of a model's arena, asked in a process of its own.

The interpreter prints its figures to the C standard error and nowhere else, and a damaged model may crash it: both are
kept out of the caller's process.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from toolkit import process
from toolkit.errors import ModelError

_SECONDS = 60.0
_HOST_ARENA = 1 << 30  # untouched pages of it cost nothing; the figures do not depend on it

_CODE = """
import sys
from tflite_micro.python.tflite_micro import runtime
data = open(sys.argv[1], "rb").read()
runtime.Interpreter.from_bytes(data, arena_size=int(sys.argv[2])).print_allocations()
"""

_SECTION = re.compile(r"Arena allocation (?P<name>total|head|tail) (?P<bytes>\d+) bytes")
_RECORD = re.compile(r"'(?P<name>[^']+)' used (?P<used>\d+) bytes .*\(requested \d+ bytes for (?P<count>\d+) ")


@dataclass(frozen=True)
class Record:
    """One line of the interpreter's account: bytes used, alignment included, and the number of things."""

    used: int
    count: int


@dataclass(frozen=True)
class HostFigures:
    """The interpreter's account on this computer, with 64-bit pointers.

    Attributes:
        head: bytes of tensors and scratch buffers, as planned; they hold no pointers.
        tail: bytes of everything that lasts.
        records: the parts of the tail that the interpreter names.
    """

    head: int
    tail: int
    records: dict[str, Record]


def measure(tflite: bytes) -> HostFigures:
    """Ask PyPI's tflite-micro.

    Raises:
        ModelError: it is not installed, refuses the model (the message quotes its reason), or speaks otherwise than
            expected.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(tflite)
        argv = [sys.executable, "-P", "-c", _CODE, str(path), str(_HOST_ARENA)]
        done = process.run(argv, timeout=_SECONDS, check=False)
    if "No module named 'tflite_micro'" in done.stderr:
        raise ModelError(
            "the arena cannot be sized: PyPI's tflite-micro is not installed",
            "it exists for Linux on x86-64 (pip install tflite-micro); elsewhere build with --runtime aot",
        )
    if done.returncode != 0:
        raise ModelError(f"TensorFlow Lite Micro refuses the model: {_reason(done.stderr)}", "convert it another way")
    return parse(done.stderr)


def _reason(text: str) -> str:
    """The interpreter's first line of complaint; it comes before Python's traceback."""
    lines = [line.strip() for line in text.partition("Traceback")[0].splitlines() if line.strip()]
    return lines[0] if lines else "it stopped without a reason"


def parse(text: str) -> HostFigures:
    """Read what RecordingMicroAllocator::PrintAllocations wrote.

    Raises:
        ModelError: head or tail is not in it.
    """
    sections = {found["name"]: int(found["bytes"]) for found in _SECTION.finditer(text)}
    if not {"head", "tail"} <= set(sections):
        raise ModelError(
            "the interpreter's account of its arena is not in the known form",
            "install another tflite-micro",
        )
    records = {found["name"]: Record(int(found["used"]), int(found["count"])) for found in _RECORD.finditer(text)}
    return HostFigures(sections["head"], sections["tail"], records)
