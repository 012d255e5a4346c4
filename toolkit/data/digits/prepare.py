"""Any photograph-like picture of one digit -> MNIST's convention, in one pipeline.

grey -> lighting evened out -> ink told from paper (Otsu) -> specks dropped -> hair-thin strokes widened -> cropped,
scaled into a 20x20 box -> centre of mass in the middle of 28x28.

MNIST was made like this: bilevel images "size normalized to fit in a 20x20 pixel box while preserving their aspect
ratio", grey only from the anti-aliasing, "centered in a 28x28 image by computing the center of mass of the pixels"
(Yann LeCun, The MNIST database).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from toolkit.data.digits.convention import SIDE, Pixels
from toolkit.data.pictures import flat, read_picture
from toolkit.errors import DatasetError

Grey = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_WORK = 320  # pixels: larger pictures are made smaller first; sixteen times the box's side is plenty
_BOX = 20
_CENTRE = 14  # mean centre of mass of MNIST's training images is pixel 14.0 both ways (measured)
_MIN_STROKE = 2.0  # pixels in the box: the first quartile of MNIST's training images (measured: 2.02)
_LEAST = 112  # pixels: smaller pictures are made larger first, or the filters would eat their strokes
_FEW_PIXELS = 14  # MNIST's own digits, reduced to 14 x 14 and enlarged again, are read nearly as well; to 8 x 8, 3 in 4
_RIM = 0.04  # of the shorter side: the picture's edge, which is mostly paper
_REFITS = 4
_HOLLOW = 0.02  # share of the ink that the local median misses where the pen is too thick for it
_SHEET = 0.45  # share of the picture above which a thing on it is a sheet of paper and no digit
_TWO_HEIGHT, _TWO_INK = 0.6, 0.2  # of the whole height and ink: what each of two digits has at least
_MIN_CONTRAST = 16.0  # grey levels of 255 between ink and paper; below, the picture is taken as empty
_MIN_PART = 0.04  # connected parts smaller than this share of the largest one are specks
_PARTS_GRID = 80  # cells along the longer side, for finding connected parts
_THUMBNAIL = 48
_WINDOW = 25  # of the local median, on the thumbnail: more than twice as wide as any stroke of a cropped digit


@dataclass(frozen=True)
class Prepared:
    """A picture as MNIST would have it.

    Attributes:
        image: uint8 [28, 28], white on black.
        remarks: what makes it doubtful that it is read rightly, a sentence without a name each; mostly none.
    """

    image: Pixels
    remarks: tuple[str, ...]


def prepare_image(source: Path | Pixels) -> Pixels:
    """One picture as MNIST would have it: `prepare` without its remarks."""
    return prepare(source).image


def prepare(source: Path | Pixels) -> Prepared:
    """One picture as MNIST would have it, and what is doubtful about it.

    Args:
        source: an image file of one of `pictures.FORMATS`, or uint8 [height, width] or [height, width, 3].
            Dark on light or light on dark, lit evenly or not, rotated as its EXIF data say, by a thin pen or a thick.

    Raises:
        DatasetError: the file is no image, or there is nothing on it.
    """
    name = source.name if isinstance(source, Path) else "the image"
    picture = read_picture(source, name) if isinstance(source, Path) else flat(Image.fromarray(source))
    grey = _working_size(picture.convert("L"))
    mask = _ink_mask(_thin_ink(grey))
    whole = _ink_mask(_thick_ink(grey))
    if whole is not None and (mask is None or _hollowed(mask, whole, grey)):
        mask = whole
    if mask is None:
        raise DatasetError(
            f"{name} has nothing on it that could be a digit", "write darker, or crop the picture closer"
        )
    mask = _drop_specks(mask)
    remarks = []
    if max(picture.size) < _FEW_PIXELS:
        remarks.append(f"has only {picture.width} x {picture.height} pixels, and may be misread")
    if _side_by_side(mask):
        remarks.append("seems to hold two digits side by side, which are read as one")
    return Prepared(_normalise(mask), tuple(remarks))


def _working_size(image: Image.Image) -> Grey:
    longest = max(image.size)
    scale = _WORK / longest if longest > _WORK else max(1.0, _LEAST / longest)
    if scale != 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    return np.asarray(image, np.float64)


def _side_by_side(mask: Mask) -> bool:
    """Two parts with an empty column between them, each as high as a digit is and with its share of the ink.

    The strokes of one digit lie over one another: the bar of a 5, the loop of a 6. Parts that do not are two digits, or
    a digit and something else.
    """
    inked = np.flatnonzero(mask.any(axis=0))
    gaps = np.flatnonzero(np.diff(inked) > 1)
    height = int(np.ptp(np.flatnonzero(mask.any(axis=1)))) + 1
    for gap in gaps:
        sides = mask[:, : inked[gap] + 1], mask[:, inked[gap] + 1 :]
        heights = [int(np.ptp(np.flatnonzero(side.any(axis=1)))) + 1 for side in sides]
        if min(heights) > _TWO_HEIGHT * height and min(side.sum() for side in sides) > _TWO_INK * mask.sum():
            return True
    return False


def _thin_ink(grey: Grey) -> Grey:
    """How much each pixel differs from the paper around it, in the direction of the ink: 0 is paper.

    The paper is the local median, which follows any light, and takes a stroke wider than half its window for paper.
    """
    height, width = grey.shape
    small = np.asarray(
        Image.fromarray(grey.astype(np.float32)).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX), np.float64
    )
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(small, _WINDOW // 2, "reflect"), (_WINDOW, _WINDOW))
    paper = Image.fromarray(np.median(windows, axis=(2, 3)).astype(np.float32))
    return _towards_ink(grey - np.asarray(paper.resize((width, height), Image.Resampling.BILINEAR), np.float64))


def _towards_ink(difference: Grey) -> Grey:
    darkest, lightest = np.percentile(difference, (1, 99))
    return np.maximum(-difference if -darkest >= lightest else difference, 0.0)


def _thick_ink(grey: Grey) -> Grey:
    """The same, where the paper is a quadratic surface through the picture's edge: strokes may be of any width."""
    height, width = grey.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    edge = np.ones(grey.shape, bool)
    rim = max(1, round(_RIM * min(grey.shape)))
    edge[rim:-rim, rim:-rim] = False
    at, values = terms[edge], grey[edge]
    near = np.ones(len(values), bool)
    for _ in range(_REFITS):  # what stands out on the edge is no paper
        paper = at[near]
        surface = np.linalg.lstsq(paper.T @ paper, paper.T @ values[near], rcond=None)[0]  # least squares, 6 x 6
        apart = np.abs(values - at @ surface)
        near = apart <= max(_MIN_CONTRAST, 2.5 * float(np.median(apart)))
    return _towards_ink(grey - terms @ surface)


def _hollowed(mask: Mask, whole: Mask, grey: Grey) -> bool:
    """Whether `mask`, by the local median, misses the middle of strokes that `whole` has.

    What only `whole` has must be as far from the paper as what both have, and much of it: a shadow is neither. They
    have nothing in common where the median took most of the ink for paper and the paper for ink; or the picture is
    of a sheet on a table, and `whole` is the sheet.
    """
    both, missed, paper = mask & whole, whole & ~mask, ~whole
    if not paper.any() or missed.sum() < _HOLLOW * whole.sum() or (not both.any() and whole.mean() > _SHEET):
        return False
    level = float(np.median(grey[paper]))
    contrast = float(np.median(grey[both if both.any() else whole])) - level
    less = float(np.median(grey[missed])) - level
    spread = float(np.percentile(np.abs(grey[paper] - level), 90))
    return spread < abs(contrast) / 4 and less / contrast > 0.8


def _ink_mask(ink: Grey) -> Mask | None:
    """Where there is ink, by Otsu's threshold (IEEE Trans. SMC 9, 1979); None if there is none."""
    smooth = np.asarray(
        Image.fromarray(ink.clip(0, 255).astype(np.uint8)).filter(ImageFilter.MedianFilter(3)), np.int64
    )
    counts = np.bincount(smooth.ravel(), minlength=256).astype(np.float64)
    levels = np.arange(256)
    below, sum_below = np.cumsum(counts), np.cumsum(counts * levels)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_below, mean_above = sum_below / below, (sum_below[-1] - sum_below) / above
        between = np.nan_to_num(below * above * (mean_below - mean_above) ** 2)
    threshold = int(np.argmax(between))
    if between[threshold] == 0 or mean_above[threshold] - mean_below[threshold] < _MIN_CONTRAST:
        return None
    return np.asarray(smooth > threshold)


def _drop_specks(mask: Mask) -> Mask:
    """Without the connected parts (8 neighbours) that are too small to belong to the digit.

    The parts are found on a coarser grid, where parts that nearly touch count as one.
    """
    block = -(-max(mask.shape) // _PARTS_GRID)
    padded = np.pad(mask, [(0, -size % block) for size in mask.shape])
    counts = padded.reshape(padded.shape[0] // block, block, padded.shape[1] // block, block).sum(axis=(1, 3))
    coarse = counts > 0
    labels = np.where(coarse, np.arange(1, coarse.size + 1).reshape(coarse.shape), 0)
    while True:  # each cell takes the highest label around it, until every part has one label
        rows = labels.copy()
        np.maximum(rows[1:], labels[:-1], out=rows[1:])
        np.maximum(rows[:-1], labels[1:], out=rows[:-1])
        spread = rows.copy()
        np.maximum(spread[:, 1:], rows[:, :-1], out=spread[:, 1:])
        np.maximum(spread[:, :-1], rows[:, 1:], out=spread[:, :-1])
        spread *= coarse
        if np.array_equal(spread, labels):
            break
        labels = spread
    sizes = np.bincount(labels.ravel(), weights=counts.ravel())
    large = (sizes >= _MIN_PART * sizes.max())[labels] & coarse
    kept = large.repeat(block, axis=0).repeat(block, axis=1)[: mask.shape[0], : mask.shape[1]]
    return np.asarray(mask & kept)


def _normalise(mask: Mask) -> Pixels:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    crop = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    crop = _widen(crop)
    height, width = crop.shape
    scale = _BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(crop.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX), np.float64)
    total = small.sum()
    centre_y = float((small.sum(axis=1) * np.arange(size[1])).sum() / total)
    centre_x = float((small.sum(axis=0) * np.arange(size[0])).sum() / total)
    top = min(max(round(_CENTRE - centre_y), 0), SIDE - size[1])
    left = min(max(round(_CENTRE - centre_x), 0), SIDE - size[0])
    result = np.zeros((SIDE, SIDE), np.uint8)
    result[top : top + size[1], left : left + size[0]] = np.rint(small).astype(np.uint8)
    return result


def _widen(mask: Mask) -> Mask:
    """Strokes thinner than any usual one in MNIST made wider, evenly: a fine pen would vanish in the box."""
    while True:
        wanted = _MIN_STROKE * max(mask.shape) / _BOX
        missing = wanted - _stroke_width(mask)
        if missing < 1:
            return mask
        grown = Image.fromarray(np.pad(mask, 1).astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(3))
        mask = np.asarray(grown) > 0


def _stroke_width(mask: Mask) -> float:
    """Twice the area over the perimeter, in pixels; the perimeter from the gradient of the smoothed mask."""
    soft = np.asarray(
        Image.fromarray(np.pad(mask, 4).astype(np.uint8) * 255).filter(ImageFilter.GaussianBlur(1.0)), np.float64
    )
    down, right = np.gradient(soft / 255)
    return 2 * float(mask.sum()) / float(np.hypot(down, right).sum())
