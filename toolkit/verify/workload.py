"""What is to be verified: inputs beside the outputs that the host has for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import SetWords
from toolkit.data.task import Task

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Workload:
    """One set of inputs and what the host says of them.

    Attributes:
        set: its name.
        inputs: uint8 [N, bytes]: one row per input, as it travels: the elements, or the input tensor's own bytes.
        kind: "elements" (one uint8 per element, of which the device makes element / divisor + offset) or "tensor".
        expected: uint8 [N, output_bytes]: the host's output tensors.
        labels: int [N], the true classes; None if there are none.
        names: a name per input for the report; may be empty.
        moved: float32 networks: for input i, draw by draw, how far the host's output elements move, float64
            [elements], under changes as small as rounding; None if that cannot be asked.
        words: how the set is called; classes: what its classes are; picture, form: how an input is drawn, as
            `SetResult` has them.
        singly: its inputs are few enough, and each of a person's own making, to be shown one by one.
        task: how outputs are held against the truth.
        truth: [N, ...] values or flags, as the task has them; None if there is no truth, or it is `labels`.
        real: the scored output of each row, uint8 [M, output_bytes] to float64 [M, elements]; None takes the elements
            as they are stored.
        real_inputs: RECONSTRUCT: [N, ...], the inputs as real values; None for other tasks.
        inputs_sha256: of the inputs as the user has them, by which a later run knows them again; empty for nothing.
    """

    set: str
    inputs: Bytes
    kind: Literal["elements", "tensor"]
    expected: Bytes
    labels: npt.NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    moved: Callable[[int], Iterator[npt.NDArray[np.float64]]] | None = None
    words: SetWords | None = None
    classes: tuple[str, ...] = ()
    picture: tuple[int, ...] = ()
    form: str = ""
    divisor: float = 1.0
    offset: float = 0.0
    singly: bool = False
    task: Task = field(default_factory=Task)
    truth: npt.NDArray[Any] | None = None
    real: Callable[[Bytes], npt.NDArray[np.float64]] | None = None
    real_inputs: npt.NDArray[Any] | None = None
    inputs_sha256: str = ""

    def called(self) -> SetWords:
        """How the set is called: by its name, if nothing is said."""
        return self.words or SetWords.plain(self.set)
