"""The images of a run as the report shows them: all of them as one picture, the failed, the misread, the external."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from toolkit.artifacts import Build, ImageResult, Score, Verification
from toolkit.report import outputs, text
from toolkit.report.outputs import ByteRun, Element
from toolkit.report.pictures import MOST_FAILED, MOST_WRONG, data_uri, encode_png

FIRST_TILES = 48
"""Misclassified images that are shown at once; the others unfold."""


@dataclass(frozen=True)
class Ring:
    """A mark around a failed image in the picture of all images; its centre, in pixels of that picture."""

    x: float
    y: float


@dataclass(frozen=True)
class Overview:
    """All images of the largest set as one picture, one pixel each, row by row in the order of the set."""

    picture: str
    side: int
    rows: int
    name: str
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
    totals = {name: score.total for name, score in verification.accuracy.items() if score.total}
    if not totals:
        return None
    name = max(totals, key=lambda key: totals[key])
    total = totals[name]
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
        text.set_name(name),
        int(counted[_RIGHT]),
        int(counted[_WRONG]),
        int(counted[_DIFFERS]),
        int(counted[_SILENT]),
        tuple(rings),
    )


@dataclass(frozen=True)
class Failure:
    """An image whose output is missing or not the host's."""

    title: str
    label: str
    picture: str
    expected: tuple[ByteRun, ...]
    got: tuple[ByteRun, ...]
    answered: bool
    host_said: str
    device_said: str
    elements: Sequence[Element]
    more_elements: int


def failures(verification: Verification) -> tuple[Failure, ...]:
    """The failed images in the order in which they were asked, MOST_FAILED at most."""
    failed = [result for result in verification.wrong if not result.passed]
    return tuple(_failure(result, verification) for result in failed[:MOST_FAILED])


def _title(result: ImageResult) -> str:
    where = {"mnist": "MNIST test image", "external": "external image", "images": "your image"}.get(
        result.set, f"{result.set} image" if result.label is not None else "made-up input"
    )
    return f"{where} {result.name or format(result.index, ',')}"


def _said(predicted: int | None) -> str:
    return "nothing" if predicted is None else str(predicted)


def _failure(result: ImageResult, verification: Verification) -> Failure:
    dtype = verification.dtype
    shown = outputs.elements(result.expected, result.got, dtype)
    return Failure(
        title=_title(result),
        label="" if result.label is None else str(result.label),
        picture=_seen(result, verification),
        expected=outputs.compare(result.expected, result.got),
        got=outputs.compare(result.got, result.expected) if result.got is not None else (),
        answered=result.got is not None,
        host_said=_said(outputs.predicted(result.expected, dtype)),
        device_said=_said(outputs.predicted(result.got, dtype)),
        elements=shown,
        more_elements=len(outputs.values(result.expected, dtype)) - len(shown),
    )


def _seen(result: ImageResult, verification: Verification) -> str:
    return verification.pictures.seen.get(f"{result.set}/{result.index}", "")


@dataclass(frozen=True)
class Tile:
    """One image and what the device said of it."""

    title: str
    name: str
    picture: str
    drawn: str
    label: str
    said: str
    sure: str
    right: bool
    passed: bool


def _tile(result: ImageResult, verification: Verification, build: Build) -> Tile:
    sure = outputs.confidence(result.got, verification.dtype, build.output)
    return Tile(
        title=_title(result),
        name=result.name or f"no. {result.index:,}",
        picture=_seen(result, verification),
        drawn=verification.pictures.drawn.get(f"{result.set}/{result.index}", ""),
        label="?" if result.label is None else str(result.label),
        said=_said(result.predicted),
        sure="" if sure is None else f"{math.floor(100 * sure)}%",
        right=result.predicted is not None and result.predicted == result.label,
        passed=result.passed,
    )


@dataclass(frozen=True)
class Misread:
    """Images that the device read as another digit, as the host did; external images have a section of their own."""

    first: tuple[Tile, ...]
    others: tuple[Tile, ...]
    left_out: int
    total: int
    total_words: str


def misread(verification: Verification, build: Build) -> Misread:
    """Every misclassified image whose output is the host's, MOST_WRONG at most."""
    singly = {(result.set, result.index) for result in verification.external}
    found = [result for result in verification.wrong if result.passed and (result.set, result.index) not in singly]
    tiles = tuple(_tile(result, verification, build) for result in found[:MOST_WRONG])
    return Misread(
        tiles[:FIRST_TILES], tiles[FIRST_TILES:], len(found) - len(tiles), len(found), text.many(len(found), "image")
    )


def external(verification: Verification, build: Build) -> tuple[Tile, ...]:
    """The external images one by one."""
    return tuple(_tile(result, verification, build) for result in verification.external)


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
    rows: tuple[tuple[Cell, ...], ...]
    worst: str


def confusion(verification: Verification) -> Confusion | None:
    """The matrix of the largest set that has one."""
    scores: Mapping[str, Score] = verification.accuracy
    names = [name for name in verification.confusion if name in scores and scores[name].total]
    if not names:
        return None
    name = max(names, key=lambda key: scores[key].total)
    matrix = verification.confusion[name]
    rows = []
    mixed: list[tuple[int, int, int]] = []
    for truth, row in enumerate(matrix):
        whole = max(sum(row), 1)
        rows.append(
            tuple(
                Cell(
                    number,
                    _background(number / whole, truth == said),
                    f"{number:,} times {truth} was read as {said}",
                )
                for said, number in enumerate(row)
            )
        )
        mixed += [(number, truth, said) for said, number in enumerate(row) if number and truth != said]
    worst = ", ".join(f"{truth} read as {said} ({number})" for number, truth, said in sorted(mixed, reverse=True)[:3])
    return Confusion(text.set_name(name), matrix, tuple(rows), worst)


def _background(share: float, diagonal: bool) -> str:
    """Right answers in the calm colour; wrong ones in the hot one, so scaled that one in twenty is already loud."""
    if share == 0:
        return "var(--well)"
    if diagonal:
        return f"rgb(var(--calm) / {0.1 + 0.3 * share:.2f})"
    return f"rgb(var(--heat) / {min(0.85, 0.14 + 14 * share):.2f})"
