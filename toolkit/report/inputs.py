"""The inputs of a run as the report shows them: all of them as one picture, the failed, the misread, some singly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from toolkit.artifacts import Build, InputResult, SetResult, TensorSpec, Verification
from toolkit.artifacts.tensor import plain
from toolkit.report import outputs, text
from toolkit.report.drawing import HEIGHT, WIDTH, data_uri, encode_png
from toolkit.report.outputs import ByteRun, Element
from toolkit.report.pictures import MOST_FAILED, MOST_WRONG

FIRST_TILES = 48
"""Misclassified inputs that are shown at once; the others unfold."""


@dataclass(frozen=True)
class Ring:
    """A mark around a failed input in the picture of all of them; its centre, in pixels of that picture."""

    x: float
    y: float


@dataclass(frozen=True)
class Overview:
    """All inputs of the largest set as one picture, one pixel each, row by row in the order of the set."""

    picture: str
    side: int
    rows: int
    name: str
    one: str
    right: int
    wrong: int
    differ: int
    silent: int
    rings: tuple[Ring, ...]


# Indices into the palette of the picture, and its colours: calm for what is right, so that everything else stands out.
_RIGHT, _WRONG, _DIFFERS, _SILENT, _NONE = range(5)
_PALETTE = ((0x3F, 0xA3, 0x7C), (0xF2, 0xB1, 0x34), (0xE5, 0x2E, 0x3D), (0x8A, 0x90, 0x99), (0, 0, 0))


def overview(verification: Verification) -> Overview | None:
    """The picture of the largest set; None if no set has labels."""
    main = verification.main
    if main is None or main.score is None:
        return None
    name, total = main.name, main.score.total
    side = math.ceil(math.sqrt(total))
    rows = math.ceil(total / side)
    cells = np.full(side * rows, _NONE, np.uint8)
    cells[:total] = _RIGHT
    rings: list[Ring] = []
    for result in verification.wrong:
        if result.set != name or result.index >= total:
            continue
        cells[result.index] = _WRONG if result.passed else _SILENT if result.got is None else _DIFFERS
        if not result.passed:
            rings.append(Ring(result.index % side + 0.5, result.index // side + 0.5))
    if text.failed(verification) > MOST_FAILED:  # so many are seen without rings
        rings.clear()
    picture = Image.fromarray(cells.reshape(rows, side), "P")
    picture.putpalette([level for colour in _PALETTE for level in colour])
    picture.info["transparency"] = _NONE
    counted = np.bincount(cells, minlength=5)
    return Overview(
        data_uri(encode_png(picture), "image/png"),
        side,
        rows,
        main.words.title,
        main.one,
        int(counted[_RIGHT]),
        int(counted[_WRONG]),
        int(counted[_DIFFERS]),
        int(counted[_SILENT]),
        tuple(rings),
    )


@dataclass(frozen=True)
class Picture:
    """An input as a picture: its address, and its own width and height in pixels."""

    address: str
    width: int
    height: int

    @property
    def wide(self) -> bool:
        """It needs the room of two."""
        return 2 * self.width >= 3 * self.height


@dataclass(frozen=True)
class Failure:
    """An input whose output is missing or not the host's; `host_said` is empty where outputs name no class."""

    title: str
    label: str
    picture: Picture | None
    expected: tuple[ByteRun, ...]
    got: tuple[ByteRun, ...]
    answered: bool
    host_said: str
    device_said: str
    elements: Sequence[Element]
    more_elements: int


def failures(verification: Verification) -> tuple[Failure, ...]:
    """The failed inputs in the order in which they were asked, MOST_FAILED at most."""
    failed = [result for result in verification.wrong if not result.passed]
    return tuple(_failure(result, verification) for result in failed[:MOST_FAILED])


def _title(result: InputResult, of: SetResult) -> str:
    return f"{of.words.one} {result.name or format(result.index, ',')}"


def _said(predicted: int | None, of: SetResult) -> str:
    return "nothing" if predicted is None else of.class_name(predicted)


def _specs(result: InputResult, verification: Verification) -> tuple[TensorSpec, ...]:
    return verification.outputs or plain(verification.dtype, len(result.expected) // 2)


def _failure(result: InputResult, verification: Verification) -> Failure:
    of, specs = verification.set(result.set), _specs(result, verification)
    meant = outputs.predicted(result.expected, specs, of.output) if result.meant is None else result.meant
    shown = outputs.elements(result.expected, result.got, specs)
    return Failure(
        title=_title(result, of),
        label="" if result.label is None else of.class_name(result.label),
        picture=_seen(result, verification),
        expected=outputs.compare(result.expected, result.got),
        got=outputs.compare(result.got, result.expected) if result.got is not None else (),
        answered=result.got is not None,
        host_said=_said(meant, of) if of.task in ("classify", "none") else "",
        device_said=_said(result.predicted, of),
        elements=shown,
        more_elements=len(outputs.values(result.expected, specs)) - len(shown),
    )


def _seen(result: InputResult, verification: Verification) -> Picture | None:
    return pictured(verification.pictures.seen.get(f"{result.set}/{result.index}", ""), verification.set(result.set))


def pictured(address: str, of: SetResult) -> Picture | None:
    """An input of a set by its picture's address; None where that is empty."""
    rows, columns = (*of.picture, 0, 0)[:2]
    return Picture(address, columns or WIDTH, rows or HEIGHT) if address else None


@dataclass(frozen=True)
class Tile:
    """One input and what the device said of it."""

    title: str
    name: str
    picture: Picture | None
    drawn: str
    label: str
    said: str
    sure: str
    right: bool
    passed: bool


def _tile(result: InputResult, verification: Verification, build: Build) -> Tile:
    of = verification.set(result.set)
    sure = outputs.confidence(result.got, build.outputs or _specs(result, verification), of.output)
    return Tile(
        title=_title(result, of),
        name=result.name or f"no. {result.index:,}",
        picture=_seen(result, verification),
        drawn=verification.pictures.drawn.get(f"{result.set}/{result.index}", ""),
        label="?" if result.label is None else of.class_name(result.label),
        said=_said(result.predicted, of),
        sure="" if sure is None else f"{math.floor(100 * sure)}%",
        right=result.predicted is not None and result.predicted == result.label,
        passed=result.passed,
    )


@dataclass(frozen=True)
class Misread:
    """Inputs that the device took for another class, as the host did; those shown singly have their own section."""

    first: tuple[Tile, ...]
    others: tuple[Tile, ...]
    left_out: int
    total: int
    total_words: str
    wide: bool = False


def misread(verification: Verification, build: Build) -> Misread:
    """Every misclassified input whose output is the host's, MOST_WRONG at most."""
    shown = {(result.set, result.index) for result in verification.singly}
    found = [result for result in verification.wrong if result.passed and (result.set, result.index) not in shown]
    tiles = tuple(_tile(result, verification, build) for result in found[:MOST_WRONG])
    one = verification.main.one if verification.main else "input"
    return Misread(
        tiles[:FIRST_TILES],
        tiles[FIRST_TILES:],
        len(found) - len(tiles),
        len(found),
        text.many(len(found), one),
        any(tile.picture is not None and tile.picture.wide for tile in tiles),
    )


@dataclass(frozen=True)
class Singly:
    """Inputs one by one: those of sets in which each is a file of somebody's."""

    title: str
    prepared: str
    tiles: tuple[Tile, ...]


def singly(verification: Verification, build: Build) -> Singly | None:
    """The inputs that are shown one by one, under the title of their first set; None if there are none."""
    sets = [each for each in verification.sets if each.singly]
    if not sets:
        return None
    words = sets[0].words
    tiles = tuple(_tile(result, verification, build) for result in verification.singly)
    return Singly(words.title[:1].upper() + words.title[1:], words.prepared, tiles)


@dataclass(frozen=True)
class Cell:
    """One cell of the confusion matrix; `background` is its colour in CSS, by its share of the row."""

    count: int
    background: str
    title: str


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix as a table: rows are the truth, columns what the device said."""

    name: str
    matrix: tuple[tuple[int, ...], ...]
    classes: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    worst: str

    @property
    def named(self) -> bool:
        """A name is too long for a column's head, unless it is turned."""
        return any(len(name) > 3 for name in self.classes)


def confusion(verification: Verification) -> Confusion | None:
    """The matrix of the largest set that has one."""
    scored = [each for each in verification.sets if each.confusion and each.score is not None and each.score.total]
    if not scored:
        return None
    of = max(scored, key=lambda each: each.asked)
    matrix = of.confusion
    names = tuple(of.class_name(number) for number in range(len(matrix)))
    rows = []
    mixed: list[tuple[int, int, int]] = []
    for truth, row in enumerate(matrix):
        whole = max(sum(row), 1)
        rows.append(
            tuple(
                Cell(
                    number,
                    _background(number / whole, truth == said),
                    f"{number:,} times {names[truth]} was read as {names[said]}",
                )
                for said, number in enumerate(row)
            )
        )
        mixed += [(number, truth, said) for said, number in enumerate(row) if number and truth != said]
    most = sorted(mixed, reverse=True)[:3]
    worst = ", ".join(f"{names[truth]} read as {names[said]} ({number})" for number, truth, said in most)
    return Confusion(of.words.title, matrix, names, tuple(rows), worst)


def _background(share: float, diagonal: bool) -> str:
    """Right answers in the calm colour; wrong ones in the hot one, so scaled that one in twenty is already loud."""
    if share == 0:
        return "var(--well)"
    if diagonal:
        return f"rgb(var(--calm) / {0.1 + 0.3 * share:.2f})"
    return f"rgb(var(--heat) / {min(0.85, 0.14 + 14 * share):.2f})"
