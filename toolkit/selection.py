"""Which inputs a device is asked for, as the user says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import UsageError

TASKS = ("classify", "regress", "reconstruct", "none")
TRACED = 20
RESIZES = ("stretch", "crop", "pad")


@dataclass(frozen=True)
class Selection:
    """Which inputs to verify.

    Attributes:
        limit: the first so many of the set, or so many made-up inputs; None for all, or for a hundred.
        data: a file or a folder with the set, or the folder with MNIST's files.
        images: a folder of the user's own pictures, for networks that read MNIST's.
        scale: what the least and the largest element stand for at the input, as the user spelt it: "0..1",
            "mean/deviation".
        inputs: keys, columns or files, one for each input of the network, in its order; empty: found by their names.
        truth: the key or column of the truth; None: found by its name.
        task: one of TASKS; None: told by the data.
        classes: their names, in the order of the outputs; empty: from the data, or their numbers.
        trace: of so many of the first inputs every layer is held against the host's too, of made-up inputs all; 0: of
            none.
        resize: one of RESIZES: how pictures and recordings of another size are made to fit; None: they must fit, but
            pictures are stretched.

    Raises:
        UsageError: `task` or `resize` is none of those.
    """

    limit: int | None = None
    data: Path | None = None
    images: Path | None = None
    scale: str | None = None
    inputs: tuple[str, ...] = ()
    truth: str | None = None
    task: str | None = None
    classes: tuple[str, ...] = ()
    resize: str | None = None
    trace: int = TRACED

    def __post_init__(self) -> None:
        for option, value, known in (("task", self.task, TASKS), ("resize", self.resize, RESIZES)):
            if value is not None and value not in known:
                raise UsageError(f"--{option} {value} is not known", f"one of: {', '.join(known)}")

    @property
    def of_data(self) -> dict[str, object]:
        """The options that say how `data` is read, by their names; those that are not given are left out."""
        said: dict[str, object] = {
            "--inputs": self.inputs,
            "--truth": self.truth,
            "--task": self.task,
            "--classes": self.classes,
            "--resize": self.resize,
        }
        return {option: value for option, value in said.items() if value}


EVERYTHING = Selection()
"""All inputs that there are for a network."""
