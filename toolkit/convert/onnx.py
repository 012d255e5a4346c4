"""ONNX by onnx2tf, which is called as a program: what it pins goes with nobody else's packages.

It lays a network's tensors channels last, as TensorFlow has them: an input of 3 x 32 x 32 becomes 32 x 32 x 3.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from toolkit import process
from toolkit.artifacts import DType
from toolkit.convert import lite
from toolkit.convert.lite import Arrays
from toolkit.convert.network import Network
from toolkit.errors import ModelError, ToolError, TrainError
from toolkit.tflite.ends import ends_of
from toolkit.tflite.slim import slim

PACKAGES = ("onnx2tf",)

SECONDS = 1200.0
_PROGRAM = "onnx2tf"
# A protocol buffer has no identifier: it starts with the version, 1 to 32, and one of the fields that follow it.
_HEAD = re.compile(rb"\x08[\x01-\x20][\x12\x1a\x22\x3a\x42]")


def suits(path: Path) -> bool:
    """By its suffix and its first bytes."""
    if path.suffix.lower() != ".onnx" or not path.is_file():
        return False
    with path.open("rb") as stream:
        return _HEAD.match(stream.read(3)) is not None


def load(path: Path) -> Network:
    """The network; onnx2tf looks at it when it is made.

    Raises:
        ToolError: onnx2tf is not installed.
    """
    program = _program()

    def make(dtype: DType, calibration: Arrays, per_tensor_dense: bool) -> bytes:
        with tempfile.TemporaryDirectory(prefix="tinyml-onnx-") as name:
            place = Path(name)
            asked = ["-b", "1", "-o", str(place / "out")]
            wanted = "*_float32.tflite"
            if dtype is DType.INT8:
                float32 = _converted(program, path, asked, wanted)
                asked += ["-oiqt", *(("-qt", "per-tensor") if per_tensor_dense else ())]
                asked += _samples(place, [spec.name for spec in ends_of(float32).inputs], calibration)
                wanted = "*_full_integer_quant.tflite"
            made = _converted(program, path, asked, wanted)
            return made if dtype is DType.FLOAT32 else slim(made)

    return Network(make, ("its tensors laid channels last", "its batch fixed at 1"))


def _program() -> Path:
    found = process.find_beside_python(_PROGRAM)
    if found is None:
        needs = "" if sys.version_info >= (3, 12) else " on Python 3.12 or later, or in an environment of its own"
        raise ToolError(
            "an ONNX model is converted by onnx2tf, which is not installed",
            f"pip install 'tinyml-toolkit[onnx]'{needs}",
        )
    return found


def _samples(place: Path, names: Sequence[str], calibration: Arrays) -> list[str]:
    """One .npy for each input, with a mean of 0 and a deviation of 1: the values are real ones already."""
    asked = []
    for number, (name, values) in enumerate(zip(names, calibration, strict=True)):
        file = place / f"input{number}.npy"
        np.save(file, values)
        asked += ["-cind", name, str(file), "[0.0]", "[1.0]"]
    return asked


def _converted(program: Path, path: Path, asked: Sequence[str], wanted: str) -> bytes:
    # It calls onnxsim by its name, which lies beside it.
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    out = Path(asked[asked.index("-o") + 1])
    done = process.run(
        [str(program), "-i", str(path), "-n", *asked], timeout=SECONDS, env=environment, cwd=out.parent, check=False
    )
    found = sorted(out.glob(wanted))
    if not found:
        raise _refused(path, done)
    return found[0].read_bytes()


def _refused(path: Path, done: process.Completed) -> ModelError | TrainError:
    said = lite.reason(ValueError(re.sub(r"\x1b\[[0-9;]*m", "", process.first_error(done))))
    return TrainError(f"onnx2tf cannot convert {path.name}: {said}", f"see: onnx2tf -i {path.name}")
