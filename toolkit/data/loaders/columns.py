"""Which columns of a table are the inputs and which the truth."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

import numpy as np

from toolkit.data.loaders.base import Elements, Loaded, Wanted
from toolkit.errors import DatasetError

_TRUTHS = ("label", "labels", "class", "target", "truth", "y", "species", "category", "output")
_SHOWN = 8


@dataclass(frozen=True)
class Columns:
    """Of a table, by name.

    Attributes:
        inputs: in the order in which they make up a sample.
        truth: of the truth; empty if there is none.
        told: what was found and not asked for.
    """

    inputs: tuple[str, ...]
    truth: tuple[str, ...]
    told: tuple[str, ...]


def choose(names: tuple[str, ...], wanted: Wanted, where: str, wide: int | None = None) -> Columns:
    """The columns that are wanted: as named, or by their names and their count, and that is said.

    Args:
        names: of all columns.
        wide: how many values a row has, where a column may hold several; None: one a column.

    Raises:
        DatasetError: a column is missing or is there twice, or which is the truth is not clear.
    """
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise DatasetError(f"{where} has two columns {twice!r}", "give each a name of its own")
    told: list[str] = []
    takes = sum(each.elements for each in wanted.inputs)
    truth: tuple[str, ...] = ()
    if wanted.truth is not None and not wanted.without_truth:
        truth = tuple(_one(part.strip(), names, where) for part in wanted.truth.split(","))
    elif not wanted.without_truth:
        truth = _by_name(names, wanted)
        told += [f"truth from column {name}" for name in truth]
        if not truth and not wanted.keys and takes and len(names) == takes + 1 and wide is None:
            raise DatasetError(
                f"{where} has {len(names)} columns, the network takes {takes}: which one is the truth?",
                f"--truth {names[-1]} is the last, --truth {names[0]} the first",
            )
    if wanted.keys:
        inputs = tuple(name for key in wanted.keys for name in _some(key, names, where))
    else:
        inputs = tuple(name for name in names if name not in truth)
        told.append(
            f"inputs from {'column' if len(inputs) == 1 else f'all {len(inputs)} other columns:'} {_few(inputs)}"
        )
    if not inputs:
        raise DatasetError(f"{where} has no columns of inputs", f"columns: {_few(names)}")
    both = next((name for name in inputs if name in truth), None)
    if both is not None:
        raise DatasetError(f"{where}: column {both!r} is an input and the truth", "name it once")
    if takes and wide is None and len(inputs) != takes:
        raise DatasetError(
            f"{where}: {len(inputs)} columns of inputs, the network takes {takes:,} values: {_few(inputs)}",
            "name those it takes, in its order: --inputs a,b,c (or 'p*' for all whose names begin so)",
        )
    return Columns(inputs, truth, tuple(told))


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= _SHOWN else f"{', '.join(names[: _SHOWN - 1])} to {names[-1]}"


def _one(name: str, names: tuple[str, ...], where: str) -> str:
    if name not in names:
        raise DatasetError(f"{where} has no column {name!r}", f"columns: {_few(names)}")
    return name


def _some(key: str, names: tuple[str, ...], where: str) -> list[str]:
    """One column, or all that fit a pattern such as `pixel*`."""
    if key in names or not set(key) & set("*?["):
        return [_one(key, names, where)]
    found = [name for name in names if fnmatch.fnmatchcase(name, key)]
    if not found:
        raise DatasetError(f"{where} has no columns {key!r}", f"columns: {_few(names)}")
    return found


def _by_name(names: tuple[str, ...], wanted: Wanted) -> tuple[str, ...]:
    lower = {name.lower(): name for name in names if name not in wanted.keys}
    return next(((lower[name],) for name in _TRUTHS if name in lower), ())


def loaded(rows: Elements, truth: Elements | None, columns: Columns, wanted: Wanted, where: str, first: int) -> Loaded:
    """The rows as the network's inputs: where it has several, each takes the next columns.

    Args:
        rows: [N, columns].
        first: the line of the first one.

    Raises:
        DatasetError: there are no rows, or a number is none.
    """
    if not len(rows):
        raise DatasetError(f"{where} has no rows", "name another file")
    ends = np.cumsum([each.elements for each in wanted.inputs], dtype=np.intp)[:-1]
    counted = "line" if first else "row"
    found = {"truth": columns.truth} if columns.truth else {}
    inputs = tuple(np.split(rows, ends, axis=1))
    return Loaded(inputs, truth, told=columns.told, found=found, first=first, counted=counted)
