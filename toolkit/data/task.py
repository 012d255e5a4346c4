"""What a network is for: how its outputs are held against the truth, and how one of its inputs is pictured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.errors import DatasetError

Real = npt.NDArray[np.floating[Any]]


class Kind(StrEnum):
    """CLASSIFY: the largest output names the class. REGRESS: outputs are the truth's own values. RECONSTRUCT: outputs
    are the inputs again, and the error tells what is odd. NONE: there is no truth to hold them against."""

    CLASSIFY = "classify"
    REGRESS = "regress"
    RECONSTRUCT = "reconstruct"
    NONE = "none"


@dataclass(frozen=True)
class Errors:
    """How far outputs are from the truth, over all elements, in the output's own unit."""

    mean_absolute: float
    root_mean_square: float
    largest: float


@dataclass(frozen=True)
class Task:
    """What is done with a set of samples.

    Attributes:
        kind: how truth is compared.
        picture: rows and columns, or rows, columns and channels, of a sample's elements as a picture; empty where a
            sample is none.
    """

    kind: Kind = Kind.NONE
    picture: tuple[int, ...] = ()

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


def predicted(outputs: Real) -> npt.NDArray[np.int64]:
    """CLASSIFY: the class that each output names: its largest element, the first of equals; [N, elements] to [N]."""
    return np.asarray(np.argmax(outputs, axis=-1), np.int64)


def errors(truth: Real, outputs: Real) -> Errors:
    """REGRESS: how far real outputs are from the truth; both [N, ...] with as many elements each.

    Raises:
        DatasetError: they have not.
    """
    if truth.size != outputs.size or not truth.size:
        raise DatasetError(f"the truth has {truth.size:,} values, the outputs have {outputs.size:,}")
    apart = np.abs(np.asarray(truth, np.float64).ravel() - np.asarray(outputs, np.float64).ravel())
    return Errors(float(apart.mean()), float(np.sqrt(np.square(apart).mean())), float(apart.max()))


def scores(inputs: Real, outputs: Real) -> npt.NDArray[np.float64]:
    """RECONSTRUCT: the mean square error of each sample, [N]: the higher, the odder it is.

    Raises:
        DatasetError: outputs are not as large as the inputs.
    """
    if inputs.size != outputs.size or len(inputs) != len(outputs):
        raise DatasetError(f"the inputs have {inputs.size:,} values, the outputs have {outputs.size:,}")
    apart = np.asarray(inputs, np.float64) - np.asarray(outputs, np.float64).reshape(inputs.shape)
    return np.asarray(np.square(apart).reshape(len(inputs), -1).mean(axis=1))


def area_under_curve(odd: npt.NDArray[Any], of_samples: npt.NDArray[np.float64]) -> float:
    """RECONSTRUCT: how often an odd sample scores higher than a normal one; equals count half.

    Args:
        odd: [N], not 0 for the odd ones.
        of_samples: what `scores` gave.

    Raises:
        DatasetError: all samples are odd, or none is.
    """
    is_odd = np.asarray(odd) != 0
    count, others = int(is_odd.sum()), int((~is_odd).sum())
    if not count or not others:
        raise DatasetError("a curve needs odd samples and normal ones", "give both kinds")
    _, place, times = np.unique(of_samples, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]  # from 1; equals share their mean
    return float((ranks[is_odd].sum() - count * (count + 1) / 2) / (count * others))
