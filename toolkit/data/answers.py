"""What data are for: the task that a truth tells, and the truth as that task takes it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from toolkit.data.loaders.base import Elements, Loaded
from toolkit.data.task import Kind
from toolkit.data.tensor import Tensor, plain
from toolkit.errors import DatasetError, UsageError
from toolkit.selection import Selection

MOST_TOLD = 8
"""Names of classes in one line."""

_NORMAL = {"normal", "good", "ok", "healthy"}
"""What the folder or label of samples is called that are not odd."""


@dataclass(frozen=True)
class Answers:
    """What the outputs are held against.

    Attributes:
        kind: of the task.
        truth: as `Samples` has it.
        classes: their names, one for each output; empty for numbers.
        told: what was guessed.
        output: the place of the output that is scored.
    """

    kind: Kind
    truth: Elements | None
    classes: tuple[str, ...]
    told: tuple[str, ...]
    output: int = 0


def decide(
    loaded: Loaded, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], asked: Selection, where: str
) -> Answers:
    """The task, as asked or as the truth tells: whole numbers or names and several outputs are classes, other numbers
    are the outputs' own values; without a truth, a network that gives as many values as it takes gives its input again.

    Of several outputs the first is scored that can have such a truth: a value for each class and no more, else one of
    more; or as many values as there are.

    Raises:
        DatasetError: the truth cannot be this task's; the message names the sample.
        UsageError: the task cannot be this network's.
    """
    truth = _plain(loaded.truth, len(loaded), where)
    place = _scored(truth, tuple(each.elements for each in outputs), asked)
    found = _decide(truth, loaded, inputs, outputs[place].elements, asked, where)
    if len(outputs) == 1 or found.kind is Kind.NONE:
        return found
    return dataclasses.replace(
        found, told=(*found.told, f"output {plain(outputs[place].name)} is scored"), output=place
    )


def _scored(truth: Elements | None, sizes: tuple[int, ...], asked: Selection) -> int:
    """The place of the first output that the truth can be of; the first of all if there is none."""
    if truth is None or len(sizes) == 1:
        return 0
    values = truth.size // len(truth)
    if truth.dtype.kind == "U" or (truth.dtype.kind == "i" and truth.ndim == 1 and asked.task != "regress"):
        least = len(set(truth.tolist())) if truth.dtype.kind == "U" else max(int(truth.max()) + 1, 2)
        least = len(asked.classes) or least
        # A layer's output beside the answer is larger than the classes are many; its greatest element names none.
        fitting = [place for place, size in enumerate(sizes) if size == least]
        fitting += [place for place, size in enumerate(sizes) if size > least]
    else:
        fitting = [place for place, size in enumerate(sizes) if size == values]
    return fitting[0] if fitting else 0


def _decide(
    truth: Elements | None, loaded: Loaded, inputs: tuple[Tensor, ...], size: int, asked: Selection, where: str
) -> Answers:
    """As `decide`, for an output of this size."""
    same = len(inputs) == 1 and inputs[0].elements == size
    given, truth = truth, _from_one_hot(truth, size)
    kind = Kind(asked.task) if asked.task is not None else _guess(truth, size, same=same)
    told = () if asked.task is not None else (f"task {kind}",)
    if kind is Kind.RECONSTRUCT and not same:
        takes = " and ".join(f"{each.elements:,}" for each in inputs)
        raise UsageError(
            f"--task reconstruct: the network takes {takes} values and gives {size:,}", "--task none scores nothing"
        )
    if kind is Kind.NONE or truth is None:
        if truth is not None:
            told = (*told, "the truth is not used")
        elif kind in (Kind.CLASSIFY, Kind.REGRESS) and asked.task is not None:
            raise DatasetError(f"{where} has no truth for --task {kind}", "name it: --truth KEY")
        return Answers(kind, None, _named(asked.classes, size) if kind is Kind.CLASSIFY else (), told)
    if kind is Kind.CLASSIFY:
        numbers, classes = _classes(truth, loaded, size, asked.classes, where)
        if truth.dtype.kind == "U" and not asked.classes:
            shown = ", ".join(classes[:MOST_TOLD]) + (" ..." if len(classes) > MOST_TOLD else "")
            told = (*told, f"outputs taken in the order of the names: {shown} (--classes says otherwise)")
        return Answers(kind, numbers, classes, told)
    if kind is Kind.REGRESS:
        values = truth if given is None or asked.task is None else given
        return Answers(kind, _values(values, size, loaded, where), (), told)
    return Answers(kind, _flags(truth, loaded, asked.classes, where), (), told)


def _plain(truth: Elements | None, count: int, where: str) -> Elements | None:
    """[N] or [N, values]; bytes as text, an axis of 1 left out."""
    if truth is None:
        return None
    if len(truth) != count:
        raise DatasetError(f"{where} has {count:,} inputs and {len(truth):,} answers", "one for each")
    if truth.dtype.kind == "S":
        truth = np.char.decode(truth, "utf-8", "replace")
    if truth.dtype.kind == "b":
        truth = truth.astype(np.int64)
    if truth.dtype.kind in "iu":
        truth = truth.astype(np.int64)
    return truth.reshape(count, -1)[:, 0] if truth.size == count else truth


def _from_one_hot(truth: Elements | None, size: int) -> Elements | None:
    """Class numbers of rows in which one element is 1 and all others are 0."""
    if truth is None or truth.dtype.kind == "U" or truth.ndim != 2 or truth.shape[1] != size:
        return truth
    ones = truth == 1
    if (ones | (truth == 0)).all() and (ones.sum(axis=1) == 1).all():
        return np.asarray(ones.argmax(axis=1), np.int64)
    return truth


def _guess(truth: Elements | None, size: int, *, same: bool) -> Kind:
    if truth is None:
        return Kind.RECONSTRUCT if same and size > 1 else Kind.NONE
    two = truth.ndim == 1 and len(np.unique(truth)) <= 2
    if same and size > 2 and two and (truth.dtype.kind == "U" or set(truth.tolist()) <= {0, 1}):
        return Kind.RECONSTRUCT
    numbers = truth.dtype.kind == "i" and truth.ndim == 1
    if truth.dtype.kind == "f" and truth.ndim == 1 and size > 1:
        numbers = bool((truth == np.rint(truth)).all())  # as np.loadtxt reads class numbers
    if truth.dtype.kind == "U" or (numbers and (size > 1 or set(truth.tolist()) <= {0, 1})):
        return Kind.CLASSIFY
    return Kind.REGRESS


def _named(classes: tuple[str, ...], size: int) -> tuple[str, ...]:
    """The names as the user has them.

    Raises:
        UsageError: the network has another number of outputs.
    """
    if classes and len(classes) != size and not (size == 1 and len(classes) == 2):
        raise UsageError(
            f"--classes names {len(classes)}, the network gives {size} {'value' if size == 1 else 'values'}",
            "name one for each, in the outputs' order",
        )
    twice = next((name for place, name in enumerate(classes) if name in classes[:place]), None)
    if twice is not None:
        raise UsageError(f"--classes names {twice} twice", "a name of its own for each output")
    return classes


def _classes(
    truth: Elements, loaded: Loaded, size: int, asked: tuple[str, ...], where: str
) -> tuple[Elements, tuple[str, ...]]:
    """Class numbers, int64 [N], and the classes' names."""
    known = _named(asked, size)
    most = max(size, 2)
    if truth.ndim != 1:
        raise DatasetError(f"{where}: the truth is {list(truth.shape)}, no class for each sample", "--task regress")
    if truth.dtype.kind == "U":
        names = known or loaded.classes or tuple(sorted(set(truth.tolist())))
        if not known and len(names) != most:
            shown = ", ".join(names[:6]) + (" and more" if len(names) > 6 else "")
            raise DatasetError(
                f"{where} names {len(names)} classes ({shown}), the network has {size}",
                "name all of them in the outputs' order: --classes a,b,c",
            )
        place = {name: number for number, name in enumerate(names)}
        unknown = next((index for index, name in enumerate(truth.tolist()) if name not in place), None)
        if unknown is not None:
            raise DatasetError(
                f"{where}: {loaded.where(unknown)} is of class {str(truth[unknown])!r}, which is not known",
                f"classes: {', '.join(names)}",
            )
        return np.array([place[name] for name in truth.tolist()], np.int64), names
    wrong = np.flatnonzero((truth != np.rint(truth)) | (truth < 0) | (truth >= most))
    if len(wrong):
        index = int(wrong[0])
        raise DatasetError(
            f"{where}: {loaded.where(index)} is of class {truth[index]:g}, the network's are 0 to {most - 1}",
            "classes are whole numbers and count from 0",
        )
    names = known or loaded.classes
    names = (*names, *map(str, range(len(names), size))) if names else ()
    return truth.astype(np.int64), names


def _values(truth: Elements, size: int, loaded: Loaded, where: str) -> Elements:
    """float64 [N, ...]: the values that the outputs should have."""
    if truth.dtype.kind == "U":
        raise DatasetError(f"{where}: the truth holds names, no numbers", "--task classify")
    each = truth.size // len(truth)
    if each != size:
        raise DatasetError(
            f"{where}: the truth has {each:,} values a sample, the network gives {size:,}", "--truth KEY"
        )
    values = np.asarray(truth, np.float64)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        raise DatasetError(f"{where}: the truth of {loaded.where(int(wrong[0][0]))} is no number", "leave it out")
    return values


def _flags(truth: Elements, loaded: Loaded, asked: tuple[str, ...], where: str) -> Elements:
    """int64 [N]: 1 for the odd ones."""
    if truth.dtype.kind == "U":
        normal = {asked[0]} if asked else _NORMAL
        names = set(truth.tolist())
        if not any(name in normal or name.lower() in normal for name in names):
            raise DatasetError(
                f"{where}: which of {', '.join(sorted(names)[:6])} is normal?", "name it first: --classes normal,odd"
            )
        return np.array([name not in normal and name.lower() not in normal for name in truth.tolist()], np.int64)
    if truth.ndim != 1:
        raise DatasetError(f"{where}: the truth is {list(truth.shape)}, no flag for each sample", "0 normal, 1 odd")
    wrong = np.flatnonzero((truth != 0) & (truth != 1))
    if len(wrong):
        index = int(wrong[0])
        raise DatasetError(f"{where}: {loaded.where(index)} has flag {truth[index]:g}", "0 is normal, 1 is odd")
    return truth.astype(np.int64)
