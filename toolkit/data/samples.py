"""A set of inputs with what is known of them, as it passes from the data room to all others."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import SetWords
from toolkit.data.pictured import Pictured, pictured
from toolkit.data.scaling import Scaling
from toolkit.data.task import Kind, Task
from toolkit.errors import DatasetError

Elements = npt.NDArray[Any]


@dataclass(frozen=True)
class Samples:
    """A set of inputs.

    Attributes:
        name: of the set, by which results are kept: "mnist", "external", "random", or the folder's name.
        inputs: by input tensor: [N, ...], as the user has them (uint8 elements, which `scaling` makes real values of),
            or as the tensor has them.
        truth: [N] class numbers, [N, ...] values, or [N] flags of odd ones, as `task` says; None if there is none.
        task: how outputs are held against the truth, and how a sample is pictured.
        scaling: what the elements of `inputs` stand for; None: they are what they are.
        names: file names, one for each sample; empty for sets that have none.
        classes: what the classes are called; empty for their numbers.
        source: where the data came from, in words, for the report.
        remarks: what a person should know of single files, a line each that names the file.
        words: how the set and its samples are called in texts.
        files: by name: the bytes of the file that a person made, for the report.
        found: keys and columns of the file, see `Loaded.found`.
        known_by: SHA-256 of the inputs as the file has them, where `inputs` is what was made of them for one network.
    """

    name: str
    inputs: tuple[Elements, ...]
    truth: Elements | None = None
    task: Task = field(default_factory=Task)
    scaling: Scaling | None = None
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    source: str = ""
    remarks: tuple[str, ...] = ()
    words: SetWords | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    found: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known_by: str = ""

    def __post_init__(self) -> None:
        if not self.inputs:
            raise DatasetError(f"{self.name} has no inputs")
        count = len(self.inputs[0])
        if any(len(each) != count for each in self.inputs):
            raise DatasetError(f"{self.name}: the input tensors have {[len(each) for each in self.inputs]} samples")
        if self.names and len(self.names) != count:
            raise DatasetError(f"{self.name}: {len(self.names)} names for {count} samples")
        shown = self.task.picture
        if shown and count and self.inputs[0][0].size != math.prod(shown):
            size = "x".join(str(each) for each in shown)
            raise DatasetError(f"{self.name}: a sample of {self.inputs[0][0].size} elements is no picture of {size}")
        try:
            self.task.check(self.truth, count, len(self.classes))
        except DatasetError as caught:
            raise DatasetError(f"{self.name}: {caught.message}", caught.hint) from caught

    def check_ends(self, given: int, taken: tuple[int, ...]) -> None:
        """Hold task and truth against a network's ends; see `Task.check_ends`.

        Raises:
            DatasetError: it cannot be this network's.
        """
        try:
            self.task.check_ends(self.truth, given, taken)
        except DatasetError as caught:
            raise DatasetError(f"{self.name}: {caught.message}", caught.hint) from caught

    def __len__(self) -> int:
        return len(self.inputs[0])

    def part(self, start: int, end: int) -> Samples:
        """The samples from `start` to before `end`."""
        return dataclasses.replace(
            self,
            inputs=tuple(each[start:end] for each in self.inputs),
            truth=None if self.truth is None else self.truth[start:end],
            names=self.names[start:end],
            known_by=self.known_by if len(range(len(self))[start:end]) == len(self) else "",
        )

    def first(self, count: int) -> Samples:
        """The first `count` samples, or all if there are fewer."""
        return self.part(0, count)

    @property
    def values(self) -> Elements:
        """[N, ...]: the inputs, where the network has one input tensor.

        Raises:
            DatasetError: there are several.
        """
        if len(self.inputs) != 1:
            raise DatasetError(f"{self.name} has {len(self.inputs)} input tensors, not one")
        return self.inputs[0]

    def real(self) -> npt.NDArray[np.float32]:
        """[N, ...]: `values` as real values."""
        return np.asarray(self.values, np.float32) if self.scaling is None else self.scaling.real(self.values)

    def sha256(self) -> str:
        """Of the inputs, their types and shapes: by it a later run knows the same ones again."""
        return self.known_by or sha256_of_arrays(self.inputs)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """[N]: the truth as class numbers.

        Raises:
            DatasetError: there are no classes.
        """
        if self.truth is None or self.task.kind is not Kind.CLASSIFY:
            raise DatasetError(f"{self.name} has no labels")
        return self.truth.astype(np.int64)

    def called(self) -> SetWords:
        """How the set and its samples are called: by its name, if nothing is said."""
        return self.words or SetWords.plain(self.name, "image" if self.task.picture else "input")

    def pictured(self) -> Pictured:
        """How a sample is drawn, by its first input."""
        first = self.inputs[0]
        return pictured(self.task.shape or first.shape[1:], first.dtype, self.task.picture)


def sha256_of_arrays(arrays: Iterable[Elements]) -> str:
    """Of their types, shapes and elements."""
    digest = hashlib.sha256()
    for each in arrays:
        digest.update(f"{each.dtype.str} {each.shape};".encode())
        digest.update(np.ascontiguousarray(each).tobytes())
    return digest.hexdigest()
