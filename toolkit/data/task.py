"""What a network is for: what its truth looks like, and which of its outputs is held against it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.errors import DatasetError

HALF = 0.5
"""CLASSIFY with one output element, a sigmoid's: above it the second class is meant."""


class Kind(StrEnum):
    """CLASSIFY: the largest output element names the class; of a single element, whether it is above HALF. REGRESS:
    outputs are the truth's own values. RECONSTRUCT: outputs are the inputs again, and the error tells what is odd.
    NONE: there is no truth to hold them against."""

    CLASSIFY = "classify"
    REGRESS = "regress"
    RECONSTRUCT = "reconstruct"
    NONE = "none"


@dataclass(frozen=True)
class Task:
    """What is done with a set of samples.

    Attributes:
        kind: how truth is compared; metrics.py has the arithmetic.
        picture: rows and columns, or rows, columns and channels, of a sample's elements as a picture; empty where
            pictured.py decides by its shape.
        shape: of a sample of the first input as the user has it, where that tells more of how it is drawn than the
            network's own; otherwise empty.
        output: the place of the network's output that is scored, where it has several.
    """

    kind: Kind = Kind.NONE
    picture: tuple[int, ...] = ()
    output: int = 0
    shape: tuple[int, ...] = ()

    def check(self, truth: npt.NDArray[Any] | None, count: int, classes: int) -> None:
        """Hold the truth of `count` samples against the task; `classes` is 0 where they are not named.

        Raises:
            DatasetError: it cannot be this task's.
        """
        if truth is None:
            return
        if self.kind is Kind.NONE:
            raise DatasetError("there is a truth, and no task that compares it", "say what the network does")
        if len(truth) != count:
            raise DatasetError(f"there are {len(truth):,} truths for {count:,} samples")
        if self.kind is Kind.CLASSIFY:
            if truth.ndim != 1 or truth.dtype.kind not in "iu":
                raise DatasetError(f"the classes are {truth.dtype} {truth.shape}, not whole numbers [{count}]")
            if count and (int(truth.min()) < 0 or (classes and int(truth.max()) >= classes)):
                raise DatasetError(f"the classes are not whole numbers from 0 to {classes - 1}")
        if self.kind is Kind.REGRESS and truth.dtype.kind not in "fiu":
            raise DatasetError(f"the truth is {truth.dtype} {truth.shape}, not numbers [{count}, ...]")
        if self.kind is Kind.RECONSTRUCT and (truth.ndim != 1 or truth.dtype.kind not in "biu"):
            raise DatasetError(
                f"the flags are {truth.dtype} {truth.shape}, not whole numbers [{count}]", "0 is normal, 1 is odd"
            )

    def check_ends(self, truth: npt.NDArray[Any] | None, given: int, taken: tuple[int, ...]) -> None:
        """Hold the task against a network's ends.

        Args:
            given: elements of its first input.
            taken: elements of each output.

        Raises:
            DatasetError: no such output, or one that cannot be held against this truth.
        """
        if not 0 <= self.output < len(taken):
            raise DatasetError(f"there is no output {self.output}: the network has {len(taken)}", "they count from 0")
        elements = taken[self.output]
        if self.kind is Kind.RECONSTRUCT and elements != given:
            raise DatasetError(
                f"a network that reconstructs gives its input again; this one takes {given:,} elements and gives "
                f"{elements:,}",
                "name another task: --task classify, regress or none",
            )
        if truth is None or not len(truth):
            return
        if self.kind is Kind.CLASSIFY and (most := int(truth.max())) >= (classes := max(2, elements)):
            raise DatasetError(
                f"there is a class {most}, and the network tells {classes} apart, 0 to {classes - 1}",
                "classes count from 0",
            )
        each = math.prod(truth.shape[1:])
        if self.kind is Kind.REGRESS and each != elements:
            raise DatasetError(f"the truth has {each:,} values a sample, the network's output has {elements:,}")


def predicted(outputs: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int64]:
    """CLASSIFY: the class that each output names, [N, ...] to [N]: its largest element, the first of equals; of a
    single element, 1 above HALF and 0 otherwise."""
    rows = outputs.reshape(len(outputs), -1)
    if rows.shape[1] == 1:
        return np.asarray(rows[:, 0] > HALF, np.int64)
    return np.asarray(np.argmax(rows, axis=1), np.int64)
