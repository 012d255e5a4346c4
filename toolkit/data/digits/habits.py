"""A second set of drawn digits, harder than the ten external ones: two hundred sheets of many writers' habits.

Each digit has a few shapes, as different schools teach them (the 1 with an upstroke, the 7 with a bar, the open and
the closed 4, the 9 with a hook ...), the first of them that of the ten external images. A writer has a slant, a width,
a pen, a trembling hand; some lift the pen in mid-stroke, some overshoot its end. A sheet has a paper, a light from one
side, and a phone's blur and noise. All is drawn by a seed; no font, nothing from MNIST. The sheets go through the same
preparation as a user's pictures. No network was ever trained on them, and none was looked at when shapes and habits
were written: sheets that a network reads wrongly stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from toolkit.artifacts import SetWords
from toolkit.data.digits import convention
from toolkit.data.digits.convention import PREPARED, Pixels
from toolkit.data.digits.drawing import DIGITS, SIDE_PIXELS, spline
from toolkit.data.digits.prepare import prepare_image
from toolkit.data.samples import Samples

COUNT = 200
SEED = 2026
_FINER = 2  # the pen is drawn at twice the size
_WORDS = SetWords("harder digits", "harder digit", "harder", "digit", PREPARED)

Strokes = tuple[tuple[tuple[float, float], ...], ...]

# x to the right, y down, 0 to 1 over the digit's height, as `Handwriting.strokes`.
OTHERS: tuple[tuple[Strokes, ...], ...] = (
    (
        (((0.30, 0.04), (0.10, 0.20), (0.03, 0.52), (0.12, 0.86), (0.32, 0.99), (0.52, 0.84), (0.58, 0.50),
          (0.50, 0.18),
          (0.32, 0.03), (0.20, 0.01), (0.12, 0.06)),),
        (((0.44, 0.08), (0.24, 0.02), (0.06, 0.22), (0.04, 0.60), (0.20, 0.94), (0.50, 0.98), (0.72, 0.70),
          (0.70, 0.34),
          (0.54, 0.10)),),
    ),
    (
        (((0.02, 0.30), (0.18, 0.12), (0.28, 0.01), (0.27, 0.34), (0.25, 0.68), (0.24, 1.00)),),
        (((0.10, 0.18), (0.26, 0.02), (0.26, 0.50), (0.25, 0.97)), ((0.06, 0.98), (0.26, 0.97), (0.46, 0.98))),
    ),
    (
        (((0.06, 0.22), (0.20, 0.03), (0.46, 0.04), (0.56, 0.24), (0.42, 0.54), (0.18, 0.84), (0.06, 0.92),
          (0.10, 0.80),
          (0.26, 0.84), (0.46, 0.98), (0.70, 0.90)),),
        (((0.04, 0.14), (0.24, 0.02), (0.50, 0.08), (0.52, 0.30), (0.30, 0.62), (0.04, 0.98), (0.06, 0.98),
          (0.36, 0.97),
          (0.64, 0.97)),),
    ),
    (
        (((0.06, 0.03), (0.32, 0.03), (0.60, 0.02), (0.44, 0.20), (0.28, 0.40), (0.50, 0.46), (0.62, 0.68),
          (0.48, 0.94),
          (0.22, 0.99), (0.04, 0.88)),),
        (((0.10, 0.06), (0.36, 0.00), (0.56, 0.14), (0.44, 0.36), (0.30, 0.44), (0.52, 0.50), (0.64, 0.72),
          (0.46, 0.96),
          (0.18, 1.00), (0.02, 0.92)),),
    ),
    (
        (
            ((0.12, 0.02), (0.09, 0.28), (0.10, 0.48), (0.28, 0.52), (0.56, 0.48)),
            ((0.58, 0.02), (0.56, 0.34), (0.54, 0.68), (0.53, 1.00)),
        ),
        (((0.54, 1.00), (0.55, 0.64), (0.57, 0.30), (0.58, 0.02), (0.40, 0.24), (0.18, 0.50), (0.03, 0.64),
          (0.10, 0.66),
          (0.40, 0.65), (0.76, 0.64)),),
    ),
    (
        (((0.62, 0.03), (0.40, 0.04), (0.18, 0.05), (0.16, 0.22), (0.12, 0.42), (0.32, 0.38), (0.56, 0.50),
          (0.60, 0.74),
          (0.42, 0.96), (0.16, 0.98), (0.02, 0.88)),),
        (((0.56, 0.06), (0.34, 0.02), (0.16, 0.14), (0.14, 0.34), (0.32, 0.46), (0.52, 0.60), (0.52, 0.84),
          (0.30, 0.99),
          (0.06, 0.92)),),
    ),
    (
        (((0.30, 0.01), (0.16, 0.30), (0.05, 0.62), (0.10, 0.90), (0.34, 0.99), (0.56, 0.86), (0.54, 0.66),
          (0.32, 0.58),
          (0.10, 0.72)),),
        (((0.58, 0.08), (0.36, 0.03), (0.14, 0.26), (0.06, 0.60), (0.14, 0.90), (0.40, 0.98), (0.60, 0.80),
          (0.50, 0.58),
          (0.26, 0.56), (0.10, 0.70)),),
    ),
    (
        (
            ((0.02, 0.06), (0.30, 0.05), (0.62, 0.03), (0.46, 0.34), (0.32, 0.68), (0.24, 1.00)),
            ((0.16, 0.50), (0.36, 0.49), (0.58, 0.47)),
        ),
        (((0.04, 0.20), (0.06, 0.06), (0.32, 0.08), (0.60, 0.02), (0.54, 0.26), (0.38, 0.56), (0.34, 1.00)),),
    ),
    (
        (
            ((0.34, 0.02), (0.14, 0.10), (0.14, 0.34), (0.32, 0.46), (0.52, 0.34), (0.52, 0.12), (0.36, 0.02)),
            ((0.32, 0.46), (0.08, 0.60), (0.06, 0.86), (0.32, 0.99), (0.58, 0.86), (0.56, 0.60), (0.34, 0.46)),
        ),
        (((0.48, 0.08), (0.26, 0.02), (0.14, 0.20), (0.32, 0.46), (0.54, 0.72), (0.40, 0.97), (0.14, 0.94),
          (0.10, 0.72),
          (0.30, 0.48), (0.54, 0.26), (0.60, 0.06)),),
    ),
    (
        (((0.58, 0.14), (0.36, 0.01), (0.10, 0.14), (0.10, 0.40), (0.34, 0.50), (0.56, 0.32), (0.60, 0.08),
          (0.60, 0.46),
          (0.58, 1.00)),),
        (((0.54, 0.16), (0.34, 0.02), (0.10, 0.16), (0.12, 0.42), (0.36, 0.48), (0.54, 0.26), (0.58, 0.08),
          (0.60, 0.56),
          (0.48, 0.92), (0.24, 0.99), (0.06, 0.90)),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Habit:
    """One writer on one sheet; lengths are shares of the digit's height but for `pen`, in pixels of 280."""

    height: float
    slant: float
    width: float
    turn: float  # degrees
    pen: float
    shaky: float
    gap: float  # of a stroke that is left out; 0: none
    overshoot: float
    paper: float
    ink: float
    shade: float
    shade_from: float  # degrees
    blur: float  # pixels
    noise: float  # grey levels


def habit(random: np.random.Generator) -> Habit:
    """A writer and a sheet."""
    return Habit(
        height=random.uniform(120, 200),
        slant=float(np.clip(random.normal(0.05, 0.17), -0.35, 0.45)),
        width=random.uniform(0.75, 1.35),
        turn=random.uniform(-8, 8),
        pen=random.uniform(8, 24),
        shaky=random.uniform(0.005, 0.025),
        gap=random.uniform(0.03, 0.08) if random.random() < 0.25 else 0.0,
        overshoot=random.uniform(0.04, 0.14) if random.random() < 0.3 else 0.0,
        paper=random.uniform(165, 245),
        ink=random.uniform(15, 95),
        shade=random.uniform(0, 60),
        shade_from=random.uniform(0, 360),
        blur=random.uniform(0.3, 3.0),
        noise=random.uniform(1, 7),
    )


def sheet(digit: int, random: np.random.Generator) -> Pixels:
    """One digit as a phone would see it: uint8 [280, 280], dark on light."""
    shapes = (DIGITS[digit].strokes, *OTHERS[digit])
    strokes, hand = shapes[random.integers(len(shapes))], habit(random)
    canvas = Image.new("L", (SIDE_PIXELS * _FINER, SIDE_PIXELS * _FINER), 0)
    pen = ImageDraw.Draw(canvas)
    for stroke in strokes:
        for x, y in _path(np.array(stroke), hand, random):
            radius = hand.pen / 2 * _FINER * random.uniform(0.92, 1.08)
            pen.ellipse((x * _FINER - radius, y * _FINER - radius, x * _FINER + radius, y * _FINER + radius), fill=255)
    inked = np.asarray(canvas.resize((SIDE_PIXELS, SIDE_PIXELS), Image.Resampling.BOX), np.float64) / 255
    rows, columns = np.mgrid[0:SIDE_PIXELS, 0:SIDE_PIXELS] / (SIDE_PIXELS - 1) - 0.5
    towards = columns * np.cos(np.deg2rad(hand.shade_from)) - rows * np.sin(np.deg2rad(hand.shade_from))
    picture = (hand.paper - hand.shade * (towards + 0.5)) * (1 - inked) + hand.ink * inked
    blurred = Image.fromarray(np.rint(picture).clip(0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(hand.blur)
    )
    noisy = np.asarray(blurred, np.float64) + random.normal(0, hand.noise, inked.shape)
    return np.asarray(np.rint(noisy).clip(0, 255), np.uint8)


def _path(points: npt.NDArray[np.float64], hand: Habit, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """The pen's places in pixels, [N, 2]."""
    points = points + random.normal(0, hand.shaky, points.shape)
    if hand.overshoot:
        last = points[-1] - points[-2]
        points = np.vstack([points, points[-1] + last / max(1e-6, float(np.hypot(*last))) * hand.overshoot])
    curve = spline(points)
    if hand.gap:
        start = random.uniform(0.25, 0.7)
        along = np.linspace(0, 1, len(curve))
        curve = curve[(along < start) | (along > start + hand.gap)]
    x = (curve[:, 0] - 0.33) * hand.width + hand.slant * (0.5 - curve[:, 1])
    y = curve[:, 1] - 0.5
    turn = np.deg2rad(hand.turn)
    turned = np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
    return np.asarray(turned * hand.height + SIDE_PIXELS / 2)


def load_harder(count: int = COUNT, seed: int = SEED) -> Samples:
    """The set, as many of each digit, prepared as a user's pictures are: uint8 [count, 28, 28]."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    pixels = np.stack([prepare_image(sheet(int(digit), random)) for digit in labels])
    return convention.samples("harder", pixels, labels, source=f"drawn by a program, seed {seed}", words=_WORDS)
