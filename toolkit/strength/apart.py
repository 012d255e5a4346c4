"""What the interpreter computes of a network with faults, computed in a process of its own: it may die of one."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from toolkit import process, reference
from toolkit.artifacts import Strength, from_jsonable
from toolkit.errors import ToolError
from toolkit.tflite.ends import ends_of, split

if TYPE_CHECKING:
    from toolkit.strength.measure import Asked

_CODE = "import sys; from toolkit.strength import jobs; jobs.do(sys.argv[1])"
_TIMEOUT = 300.0
MODEL, ARRAYS, ORDER, ANSWER = "model.tflite", "arrays.npz", "order.json", "answer.json"
"""What lies in the folder that the process is given; the last is what it leaves."""


@dataclass(frozen=True, eq=False)
class Found:
    """Made-up inputs.

    Attributes:
        values: by input tensor: [N, *shape without the batch], in the tensor's own type.
        tried: how many candidates there were.
    """

    values: tuple[npt.NDArray[Any], ...]
    tried: int


def measure(tflite: bytes, asked: Asked, why: str) -> Strength:
    """Plant faults in the file.

    Args:
        why: the network is not compiled; it is said where the interpreter cannot be had either.
    """
    if not reference.is_installed(reference.OFFICIAL):
        return Strength(missing=f"{why}, and TensorFlow Lite Micro's interpreter cannot be had")
    order = {"do": "measure", "moved": asked.moved is not None, "best_first": asked.best_first, "traced": asked.traced}
    try:
        answer, _ = _done(tflite, order, {"inputs": asked.inputs, "due": asked.due})
    except ToolError as caught:
        return Strength(missing=f"{why}, and the interpreter: {caught.message}")
    if "missing" in answer:
        return Strength(missing=f"{why}, and {answer['missing']}")
    strength: Strength = from_jsonable(Strength, answer["strength"])
    return strength


def look_for(tflite: bytes, count: int) -> Found | None:
    """`count` made-up inputs that reach the layers; None where the interpreter cannot be had, or dies."""
    if not reference.is_installed(reference.OFFICIAL):
        return None
    try:
        answer, rows = _done(tflite, {"do": "look", "count": count})
    except ToolError:
        return None
    if rows is None:
        return None
    specs = ends_of(tflite).inputs
    values = tuple(
        np.ascontiguousarray(part).view(spec.numpy).reshape(len(rows), *spec.sample)
        for spec, part in zip(specs, split(specs, rows), strict=True)
    )
    return Found(values, int(answer["tried"]))


def _done(
    tflite: bytes, order: dict[str, Any], arrays: Mapping[str, npt.NDArray[np.uint8]] | None = None
) -> tuple[dict[str, Any], npt.NDArray[np.uint8] | None]:
    """What the other process answers.

    Raises:
        ToolError: it died, or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="tinyml-strength-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / MODEL).write_bytes(tflite)
        (folder / ORDER).write_text(json.dumps(order), encoding="utf-8")
        np.savez(folder / ARRAYS, **(arrays or {}))  # type: ignore[arg-type]  # numpy takes the names for its options
        done = process.run([sys.executable, "-P", "-c", _CODE, str(folder)], timeout=_TIMEOUT, check=False)
        if done.returncode != 0 or not (folder / ANSWER).is_file():
            raise ToolError(f"it died of a network with a fault in it (exit {done.returncode})", "")
        answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
        found = folder / "found.npy"
        return answer, np.load(found) if found.is_file() else None
