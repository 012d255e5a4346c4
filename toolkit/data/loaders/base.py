"""What a loader is asked for, and what it gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from toolkit.data.tensor import Tensor
from toolkit.errors import DatasetError

Elements = npt.NDArray[Any]

MOST_BYTES = 1 << 30
"""Of the elements that are read into memory, of all inputs together."""

NO_TRUTH = "none"
"""What `--truth` says where the answers that lie beside the inputs are not to be used."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of a file or a folder; a loader passes over what its format has not.

    Attributes:
        inputs: the network's inputs, in its order; empty where no network is at hand.
        outputs: likewise.
        keys: the keys, columns or files that are the inputs; empty: to be found by their names.
        truth: the key, column or file of the truth; "none": not to be read; None: to be found by its name.
        classes: what the classes are called.
        resize: "stretch", "crop" or "pad"; None where nothing is said.
        limit: no more samples than this are needed; None: all.
        split: which part is taken of a file that has several: "test" or "train".
    """

    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    keys: tuple[str, ...] = ()
    truth: str | None = None
    classes: tuple[str, ...] = ()
    resize: str | None = None
    limit: int | None = None
    split: str = "test"

    @property
    def without_truth(self) -> bool:
        """Whether the user says that there is no truth to be read."""
        return self.truth == NO_TRUTH

    def only(self, what: str) -> Tensor:
        """The network's one input, for formats that hold one.

        Raises:
            DatasetError: there are several, or no network is at hand.
        """
        if len(self.inputs) != 1:
            count = f"has {len(self.inputs)} inputs" if self.inputs else "is not known"
            raise DatasetError(f"{what} hold one input each; the network {count}", "use an .npz with a key for each")
        return self.inputs[0]


@dataclass(frozen=True)
class Loaded:
    """What lies in a file or a folder, before it meets a network.

    Attributes:
        inputs: [N, ...] for each input of the network, as the file has them.
        truth: [N] class numbers (integers) or class names (strings), or [N, ...] values (floats); None: there is none.
        names: of the samples: their files, where each is one.
        classes: what the classes are called, where the format tells.
        span: what the least and the largest element that the format knows are, where its elements are no real values:
            (0, 255) for pictures; None: uint8 as such, anything else as real values.
        picture: rows and columns (and channels) of a sample, where it is a picture.
        told: what was found and not asked for, a line each, for the report.
        found: the same of keys and columns, as `--inputs` and `--truth` would name them: "inputs", "truth" -> names.
        remarks: what a person should know of single files, a line each that names the file.
        first: what a message calls the first sample: 1 and "line" make "line 1" of sample 0.
        counted: see `first`.
        whole: how many samples the file has, read or not, where its header tells; 0 where none does.
    """

    inputs: tuple[Elements, ...]
    truth: Elements | None = None
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    span: tuple[float, float] | None = None
    picture: tuple[int, ...] = ()
    told: tuple[str, ...] = ()
    found: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    first: int = 0
    counted: str = "sample"
    whole: int = 0

    def __len__(self) -> int:
        return len(self.inputs[0])

    def where(self, index: int) -> str:
        """A sample as a message calls it."""
        return self.names[index] if self.names else f"{self.counted} {index + self.first}"

    def up_to(self, count: int | None) -> Loaded:
        """The first `count` samples; all for None."""
        if count is None or count >= len(self):
            return self
        return dataclasses.replace(
            self,
            inputs=tuple(each[:count] for each in self.inputs),
            truth=None if self.truth is None else self.truth[:count],
            names=self.names[:count],
        )


def readable(path: Path) -> Path:
    """The path, if something can be read there.

    Raises:
        DatasetError: nothing is there, or it may not be read.
    """
    try:
        if path.exists() and not (path.is_dir() or path.is_file()):
            raise DatasetError(f"{path} is neither a file nor a folder", "name one with data")
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            path.open("rb").close()
    except OSError as caught:
        raise DatasetError(f"{path} cannot be read: {caught.strerror}", "check its name and permissions") from caught
    return path


def bounded(count: int, bytes_each: int, where: str) -> None:
    """Hold the bytes of samples against MOST_BYTES, before they are read.

    Raises:
        DatasetError: they are more.
    """
    if count * bytes_each > MOST_BYTES:
        room = max(MOST_BYTES // bytes_each, 1)
        raise DatasetError(
            f"{where} has {count * bytes_each / 1e9:,.1f} GB of samples, more than the {MOST_BYTES / 1e9:.1f} that are "
            "read at once",
            f"--limit {min(room, 1000)} reads the first ones only",
        )
