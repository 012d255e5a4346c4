"""CSV: a sample a line, with or without a heading; separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NoReturn

import numpy as np

from toolkit.data.loaders.base import MOST_BYTES, Elements, Loaded, Wanted
from toolkit.data.loaders.columns import Columns, choose, loaded
from toolkit.errors import DatasetError

_SEPARATORS = ",;\t"
_LONGEST = 1 << 24
"""Characters of a line: more is no table."""
_OF_A_ROW = 128
"""Bytes that its answer takes while it is text."""


def suits(path: Path) -> bool:
    """Whether it is called `.csv` or `.tsv`."""
    return path.suffix.lower() in (".csv", ".tsv") and path.is_file()


def load(path: Path, wanted: Wanted) -> Loaded:
    """The columns of the inputs, float64, and that of the truth: whole numbers, numbers, or names of classes.

    Without a heading the columns are called 0, 1, 2 and so on.

    Raises:
        DatasetError: a line or a cell is no such thing; the message names it.
    """
    with _opened(path) as stream:
        reader = _rows(stream, path)
        _, head = next(reader, (0, []))
        if not head:
            raise DatasetError(f"{path} is empty", "name another file")
        heading = not any(_is_number(cell) for cell in head)
        names = tuple(cell.strip() for cell in head) if heading else tuple(map(str, range(len(head))))
        columns = choose(names, wanted, str(path))
        rows = _all(reader, heading, head)
        numbers, answers = _read(rows, names, columns, wanted.limit, path, 2 if heading else 1)
    truth = _truth(answers, columns, path)
    return loaded(numbers, truth, columns, wanted, str(path), 2 if heading else 1)


def rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, cells) of each line of a list.

    Raises:
        DatasetError: it cannot be read, or a line is no such thing.
    """
    with _opened(path) as stream:
        yield from _rows(stream, path)


def _opened(path: Path) -> IO[str]:
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as caught:
        raise DatasetError(f"{path} cannot be read: {caught.strerror}", "check its permissions") from caught


def _lines(stream: IO[str], path: Path) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(_LONGEST)
        except (OSError, UnicodeDecodeError) as caught:
            raise DatasetError(f"{path} is no text in UTF-8 from line {number} on", "save it as CSV, UTF-8") from caught
        if not line:
            return
        if len(line) == _LONGEST or "\0" in line:
            raise DatasetError(f"{path}: line {number} is no line of a table", "save it as CSV, UTF-8")
        yield line


def _rows(stream: IO[str], path: Path) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, cells) for each; empty lines at the end are passed over."""
    lines = _lines(stream, path)
    first = next(lines, "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(_again(first, lines), delimiter=separator, strict=True)
    empty = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as caught:
            raise DatasetError(f"{path}: line {reader.line_num}: {caught}", "mend the line") from caught
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            empty = empty or reader.line_num
            continue
        if empty:
            raise DatasetError(f"{path}: line {empty} is empty", "take it out")
        yield reader.line_num, row


def _again(first: str, others: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
        yield from others


def _all(reader: Iterator[tuple[int, list[str]]], heading: bool, head: list[str]) -> Iterator[tuple[int, list[str]]]:
    if not heading:
        yield 1, head
    yield from reader


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # which Python passes over


def _read(
    rows: Iterator[tuple[int, list[str]]],
    names: tuple[str, ...],
    columns: Columns,
    limit: int | None,
    path: Path,
    first: int,
) -> tuple[Elements, list[list[str]]]:
    """The inputs, [N, columns], and the cells of the truth of each line; `first` is the line of the first."""
    places = [names.index(name) for name in columns.inputs]
    of_truth = [names.index(name) for name in columns.truth]
    numbers = array("d")
    answers: list[list[str]] = []
    for count, (line, row) in enumerate(rows):
        if count == limit:
            break
        if len(row) != len(names):
            raise DatasetError(f"{path}: line {line} has {len(row)} cells, line 1 has {len(names)}", "mend the line")
        try:
            numbers.extend([float(row[place]) for place in places])
            if "_" in "".join(row) and not all(_is_number(row[place]) for place in places):
                raise ValueError
        except ValueError:
            _no_number(row, line, places, names, path)
        answers.append([row[place].strip() for place in of_truth])
        if len(numbers) * numbers.itemsize + len(answers) * _OF_A_ROW > MOST_BYTES:
            raise DatasetError(f"{path} is larger than what is read at once", f"--limit {count // 2} reads a part")
    values = np.frombuffer(numbers, np.float64).reshape(len(answers), len(places)) if answers else np.empty((0, 0))
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        sample, place = (int(each) for each in wrong[0])
        raise DatasetError(
            f"{path}: line {sample + first}, column {columns.inputs[place]!r} is {values[sample, place]}",
            "leave such lines out",
        )
    return values, answers


def _no_number(row: list[str], line: int, places: list[int], names: tuple[str, ...], path: Path) -> NoReturn:
    place = next(place for place in places if not _is_number(row[place]))
    cell = row[place].strip()
    said = f"holds {cell[:20]!r}, no number" if cell else "is empty"
    raise DatasetError(
        f"{path}: line {line}, column {names[place]!r} {said}",
        "leave the column out by naming the others: --inputs a,b,c" if cell else "fill it in, or take the line out",
    )


def _truth(answers: list[list[str]], columns: Columns, path: Path) -> Elements | None:
    """[N] whole numbers, numbers or names; [N, columns] numbers where several columns are the truth."""
    if not columns.truth:
        return None
    if len(columns.truth) == 1:
        return told_apart([each[0] for each in answers])
    try:
        return np.array(answers, np.float64)
    except ValueError:
        bad = next((row, cell) for row, cells in enumerate(answers) for cell in cells if not _is_number(cell))
        raise DatasetError(
            f"{path}: sample {bad[0]}: {bad[1][:20]!r} is no number", "several columns of truth hold numbers"
        ) from None


def told_apart(cells: list[str]) -> Elements:
    """Cells as whole numbers if all are, else as numbers, else as they are; an empty one stays as NaN or ''."""
    for kind in (int, float):
        if any("_" in cell for cell in cells):
            break
        try:
            values = [kind(cell) for cell in cells]
        except ValueError:
            continue
        if kind is int and any(abs(value) > 2**62 for value in values):
            continue
        return np.array(values, np.int64 if kind is int else np.float64)
    if all(_is_number(cell) or not cell for cell in cells):
        return np.array([float(cell) if cell else math.nan for cell in cells])
    return np.array(cells, np.str_)
