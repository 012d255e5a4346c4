"""The labels of a folder in which each file is a sample: from a list, from the folders, or from the files' names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from toolkit.data.loaders import csv
from toolkit.data.loaders.base import Elements, Wanted
from toolkit.errors import DatasetError

LISTS = ("y_labels.csv", "labels.csv")
"""What a list is called where nobody names it; the first is EEMBC's runner's."""

_WORD_AND_NUMBER = re.compile(r"(?:^|[_. -])([A-Za-z][A-Za-z ]*)[_-]([0-9]+)$")
"""EEMBC's names: `tst_000000_Stop_7` is of class 7, which is called Stop."""
_WORD = re.compile(r"^([A-Za-z]+)(?=[^A-Za-z]|$)")
_NUMBER = re.compile(r"(?<![0-9])([0-9]+)(?![0-9])")


@dataclass(frozen=True)
class Labelled:
    """Files in the order in which they are sent.

    Attributes:
        paths: of the files.
        names: relative to the folder.
        truth: [N] class numbers or names; None if nothing tells them.
        classes: what the classes are called, where that is told.
        told: how the labels were found.
    """

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    truth: Elements | None
    classes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def find(folder: Path, is_sample: Callable[[Path], bool], wanted: Wanted, what: str) -> Labelled:
    """The samples in a folder, and in the folders in it, with their labels.

    Where each class has a folder the samples come in turn, one of each class, so that the first few are of all.

    Args:
        is_sample: whether a file is one, by its name.
        what: what samples are, in words.

    Raises:
        DatasetError: there is none, or a list does not name each.
    """
    try:
        inside = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
        flat = [each for each in inside if each.is_file() and is_sample(each)]
        folders = [each for each in inside if each.is_dir()]
        of_class = {each.name: sorted(path for path in each.rglob("*") if _counts(path, is_sample)) for each in folders}
    except OSError as caught:
        raise DatasetError(f"{folder} cannot be read: {caught.strerror}", "check its permissions") from caught
    of_class = {name: paths for name, paths in of_class.items() if paths}
    listed = _list(folder, wanted)
    if listed is not None:
        paths = [*flat, *(path for each in of_class.values() for path in each)]
        return _from_list(folder, listed, paths, wanted.limit, what)
    if flat and of_class and not wanted.without_truth:
        raise DatasetError(
            f"{folder} has {what} beside folders of {what}: which are meant?", "put each in the folder of its class"
        )
    if of_class:
        return _from_folders(folder, of_class, wanted)
    if not flat:
        raise DatasetError(f"{folder} holds no {what}", "name the folder that holds them, or one with a folder a class")
    return _from_names(flat, wanted)


def _counts(path: Path, is_sample: Callable[[Path], bool]) -> bool:
    return not path.name.startswith(".") and path.is_file() and is_sample(path)


def _list(folder: Path, wanted: Wanted) -> Path | None:
    """The list of labels: as named, there or in the folder, or by its usual name."""
    if wanted.without_truth:
        return None
    if wanted.truth is not None:
        found = next((path for path in (Path(wanted.truth), folder / wanted.truth) if path.is_file()), None)
        if found is None:
            raise DatasetError(
                f"--truth {wanted.truth}: there is no such list", "a CSV with a file and its label a line"
            )
        return found
    return next((folder / name for name in LISTS if (folder / name).is_file()), None)


def _from_list(folder: Path, listed: Path, paths: list[Path], limit: int | None, what: str) -> Labelled:
    by_name = {path.relative_to(folder).as_posix(): path for path in paths}
    if not by_name:
        raise DatasetError(f"{folder} holds no {what}", f"{listed.name} names them")
    seen: set[str] = set()
    files: list[str] = []
    cells: list[str] = []
    for line, row in csv.rows_of(listed):
        if len(row) not in (2, 3):
            raise DatasetError(f"{listed}: line {line} has {len(row)} cells", "a file and its label a line")
        name = row[0].strip()
        if name not in by_name:
            if line == 1:  # a heading
                continue
            raise DatasetError(f"{listed}: line {line} names {name}, which {folder} does not hold", "mend the list")
        if name in seen:
            raise DatasetError(f"{listed}: line {line} names {name} again", "name each file once")
        seen.add(name)
        files.append(name)
        cells.append(row[-1].strip())
    others = sorted(set(by_name) - seen)
    told = [f"labels from {listed.name}"]
    if others:
        told.append(f"{len(others):,} files that it does not name are left out, {others[0]} the first")
    if not files:
        raise DatasetError(f"{listed} names none of the {what} in {folder}", "a file and its label a line")
    files = files[:limit]
    truth = csv.told_apart(cells)[:limit]
    words = _words(files, truth) if truth.dtype.kind == "i" else ()
    return Labelled(tuple(by_name[name] for name in files), tuple(files), truth, words, tuple(told))


def _words(files: list[str], truth: Elements) -> tuple[str, ...]:
    """What the classes are called, where each file's name has its class number behind one word; else nothing."""
    called: dict[int, str] = {}
    for name, number in zip(files, truth, strict=True):
        found = _WORD_AND_NUMBER.search(Path(name).stem)
        if found is None or int(found[2]) != number or called.setdefault(int(number), found[1]) != found[1]:
            return ()
    if not called or max(called) >= 10_000 or len(set(called.values())) != len(called):
        return ()
    return tuple(called.get(number, str(number)) for number in range(max(called) + 1))


def _from_folders(folder: Path, of_class: dict[str, list[Path]], wanted: Wanted) -> Labelled:
    numbered = all(name.isdecimal() for name in of_class)
    classes = sorted(of_class, key=int) if numbered else sorted(of_class)
    turns = zip_longest(*(of_class[name] for name in classes))
    chosen = [(path, name) for turn in turns for path, name in zip(turn, classes, strict=True) if path is not None]
    chosen = chosen[: wanted.limit]
    paths = tuple(path for path, _ in chosen)
    names = tuple(path.relative_to(folder).as_posix() for path in paths)
    if wanted.without_truth:
        return Labelled(paths, names, None)
    told = f"labels from the {len(classes)} folders' names, one sample of each in turn"
    if numbered:
        return Labelled(paths, names, np.array([int(name) for _, name in chosen], np.int64), (), (told,))
    return Labelled(paths, names, np.array([name for _, name in chosen], np.str_), tuple(classes), (told,))


def _from_names(paths: list[Path], wanted: Wanted) -> Labelled:
    stems = [path.stem for path in paths]
    names = tuple(path.name for path in paths)
    truth, classes, told = (None, (), ()) if wanted.without_truth else _told_by(names, stems)
    few = slice(wanted.limit)
    return Labelled(tuple(paths[few]), names[few], None if truth is None else truth[few], classes, told)


def _told_by(names: tuple[str, ...], stems: list[str]) -> tuple[Elements | None, tuple[str, ...], tuple[str, ...]]:
    """The labels in the names of all files, the classes' names, and how they were found."""
    both = [_WORD_AND_NUMBER.search(stem) for stem in stems]
    if all(both):
        numbers = np.array([int(found[2]) for found in both if found], np.int64)
        words = _words([str(name) for name in names], numbers)
        if words:
            told = "labels from the files' names: the number behind the word"
            return numbers, words, (told,)
    for pattern, most, told in (
        (_WORD, len(stems), "their first word"),
        (_NUMBER, len(stems) - 1, "their first number"),
    ):
        cells = [each[1] for each in map(pattern.search, stems) if each]
        # One word for all is what a camera calls its files, and a number for each is what counts them.
        if len(cells) == len(stems) and 1 < len(set(cells)) <= most:
            return csv.told_apart(cells), (), (f"labels from the files' names: {told}",)
    return None, (), ("no labels: the files' names tell none (--truth names a list)",)
