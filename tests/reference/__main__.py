"""`python -m tests.reference [FILE ...]`: our own reading of the arithmetic beside the official interpreter.

Each network gets what `tinyml verify` sends: digits all of them, others as many made-up inputs as --count says, and
keyword spotting its thousand real ones where they lie at hand. Without FILE: the zoo, and MLPerf Tiny's networks
beside the repository. docs/verdicts.md has the table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit import data, reference, resources
from toolkit.data.choice import reads_digits
from toolkit.reference import exact
from toolkit.reference.exact import held
from toolkit.reference.rounding import Rounding
from toolkit.selection import Selection
from toolkit.tflite import describe
from toolkit.tflite.ends import ends_of
from toolkit.verify import rows

SHARED = Path(__file__).parents[3] / "shared"
REAL = {"kws_ref_model": SHARED / "mlperf-tiny" / "kws01"}
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Compared:
    """One network.

    Attributes:
        name: of the file.
        own: our reading decides it where the wheel is missing.
        inputs: how many there were.
        equal: with the same bytes from both.
        passed: whose difference the verdict's rules for float32 explain, the equal ones among them.
        seconds: of our own reading, and of the official interpreter.
    """

    name: str
    own: bool
    inputs: int
    equal: int
    passed: int
    seconds: tuple[float, float]

    @property
    def sound(self) -> bool:
        """Both give the same verdict of a device that computes as the official interpreter does."""
        return self.own and self.passed == self.inputs

    def row(self) -> str:
        """Of a Markdown table."""
        ours, theirs = (f"{each:,.1f} s" for each in self.seconds)
        return f"| {self.name} | {self.inputs:,} | {self.equal:,} | {self.passed:,} | {ours} | {theirs} |"


def inputs_of(path: Path, tflite: bytes, count: int) -> list[npt.NDArray[np.generic]]:
    """What verify would send, of all sets together: one array per input."""
    ends = ends_of(tflite)
    folder = REAL.get(path.stem)
    if folder is not None and folder.is_dir():
        stored = [np.fromfile(each, np.int8) for each in sorted(folder.glob("*.bin"))]
        return [np.stack(stored).reshape(-1, *ends.inputs[0].sample)]
    digits = reads_digits(ends.inputs, ends.outputs)
    chosen = data.choose(ends.inputs, ends.outputs, Selection(limit=None if digits else count))
    parts = [reference.inputs_of(tflite, samples.inputs, samples.scaling) for samples in chosen.sets]
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def compare(path: Path, count: int, most: int | None = None) -> Compared:
    """One network, on at most so many inputs."""
    tflite = path.read_bytes()
    if exact.says(tflite) or held.untried(describe(tflite)):
        return Compared(path.stem, False, 0, 0, 0, (0.0, 0.0))
    inputs = [each[:most] for each in inputs_of(path, tflite, count)]
    answers, seconds = [], []
    for package in (reference.OWN, reference.OFFICIAL):
        started = time.monotonic()
        answers.append(reference.expected_outputs(tflite, inputs, interpreter=package))
        seconds.append(time.monotonic() - started)
    ours, theirs = answers
    equal = (ours == theirs).all(axis=1)
    passed = equal.copy()
    real = any(spec.numpy.kind == "f" for spec in ends_of(tflite).outputs)
    if real:
        rounding = Rounding(tflite, lambda changed: reference.runner(changed, reference.OWN))
        passed[~equal] = [_explained(tflite, inputs, ours, theirs, int(at), rounding) for at in np.flatnonzero(~equal)]
    return Compared(path.stem, True, len(ours), int(equal.sum()), int(passed.sum()), (seconds[0], seconds[1]))


def _explained(
    tflite: bytes,
    inputs: Sequence[npt.NDArray[np.generic]],
    ours: Bytes,
    theirs: Bytes,
    at: int,
    rounding: Rounding,
) -> bool:
    """By the three rules of docs/verdicts.md, with our reading as the host."""
    ends = ends_of(tflite)
    moved = rounding.moved(reference.sample(ends.inputs, inputs, at), ours[at])
    return not rows.differing(ours[at].tobytes(), theirs[at].tobytes(), ends.outputs, moved).any()


def main(arguments: Sequence[str]) -> int:
    """0 if every verdict is the wheel's."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--count", type=int, default=200, help="made-up inputs for a network that reads no digits")
    asked = parser.parse_args(arguments)
    files = asked.files or [
        *sorted(resources.models().rglob("*.tflite")),
        *sorted(SHARED.glob("mlperf-tiny/*.tflite")),
    ]
    print("| network | inputs | equal bytes | same verdict | own reading | official interpreter |")
    print("|---|--:|--:|--:|--:|--:|")
    unsound = 0
    for path in files:
        found = compare(path, asked.count)
        unsound += not found.sound
        print(found.row(), flush=True)
    return 1 if unsound else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
