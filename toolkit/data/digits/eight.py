"""Scikit-learn's 8 x 8 digits (UCI, 43 writers), enlarged to MNIST's convention: how well do networks generalise?"""

from __future__ import annotations

import numpy as np
from PIL import Image

from toolkit.artifacts import SetWords
from toolkit.data.digits import convention
from toolkit.data.digits.convention import SIDE, Pixels
from toolkit.data.samples import Samples
from toolkit.errors import ToolError

_BOX = 20
_MOST = 16  # of the set's own grey levels
_WORDS = SetWords("8 x 8 digits of scikit-learn", "8 x 8 digit", "8x8", "digit")


def enlarged(small: Pixels) -> Pixels:
    """uint8 [28, 28] of one [8, 8]: smoothly to 20 x 20, its centre of mass in the middle, as MNIST was made."""
    grey = Image.fromarray(np.rint(small.astype(np.float64) * 255 / _MOST).astype(np.uint8))
    box = np.asarray(grey.resize((_BOX, _BOX), Image.Resampling.BICUBIC), np.float64)
    rows, columns = np.indices(box.shape)
    mass = max(1.0, float(box.sum()))
    down, right = (round(SIDE / 2 - 0.5 - float((box * axis).sum()) / mass) for axis in (rows, columns))
    out = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (int(np.clip(each, 0, SIDE - _BOX)) for each in (down, right))
    out[top : top + _BOX, left : left + _BOX] = np.rint(box).astype(np.uint8)
    return out


def load_eight() -> Samples:
    """All 1,797.

    Raises:
        ToolError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ToolError(
            "these digits come with scikit-learn, which is not installed", "pip install scikit-learn"
        ) from None
    found = load_digits()
    pixels = np.stack([enlarged(each) for each in found.images])
    return convention.samples(
        "eight", pixels, found.target.astype(np.uint8), source="scikit-learn's load_digits, enlarged", words=_WORDS
    )
