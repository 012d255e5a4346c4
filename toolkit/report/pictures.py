"""The images that the report shows, packed into the verification so that its JSON alone is enough."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from toolkit.artifacts import Pictures, Verification
from toolkit.data.digits.convention import SIDE, Pixels
from toolkit.data.loaders.pictures import read_picture
from toolkit.errors import DatasetError

MOST_WRONG = 400
"""Misclassified images that are shown; a model that is worse than that is not improved by looking at more."""

MOST_FAILED = 50
"""Images with a wrong or missing output that are shown."""

DRAWN_SIDE = 168
"""Height and width in pixels of a drawing in the report, at most: 84 CSS pixels on a screen of double density."""


@dataclass(frozen=True)
class ReportImages:
    """The images behind a verification.

    Attributes:
        seen: by set: uint8 [N, 28, 28], as the network sees them, white on black.
        drawn: by set, then by file name: the bytes of the file that a person drew or photographed.
    """

    seen: Mapping[str, Pixels] = field(default_factory=dict)
    drawn: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)


def data_uri(data: bytes, mime: str) -> str:
    """An image as a `data:` address."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def encode_png(picture: Image.Image) -> bytes:
    """A picture as a small PNG that keeps every value; transparency is taken from `picture.info`."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def thumbnail(file: bytes, name: str) -> bytes:
    """A drawing or photograph, reduced to a small JPEG of at most DRAWN_SIDE pixels.

    Raises:
        DatasetError: the bytes are no image that can be read.
    """
    picture = read_picture(file, name).convert("RGB")
    picture.thumbnail((DRAWN_SIDE, DRAWN_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def wanted(verification: Verification) -> list[tuple[str, int]]:
    """(set, index) of the images that the report shows, each once: failed, misclassified, and the external ones."""
    failed = [result for result in verification.wrong if not result.passed][:MOST_FAILED]
    wrong = [result for result in verification.wrong if result.passed][:MOST_WRONG]
    return list(dict.fromkeys((result.set, result.index) for result in (*failed, *wrong, *verification.external)))


def attach(verification: Verification, images: ReportImages) -> Verification:
    """The verification with the pictures that its report shows.

    Images that `images` does not hold are left out; the report then shows the result without a picture.

    Raises:
        DatasetError: pixels that are not uint8 [N, 28, 28], or a drawing that cannot be read.
    """
    for name, pixels in images.seen.items():
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[1:] != (SIDE, SIDE):
            raise DatasetError(f"{name}: images are {pixels.dtype} {pixels.shape}, not uint8 [N, 28, 28]")
    seen = {
        f"{name}/{index}": data_uri(encode_png(Image.fromarray(images.seen[name][index])), "image/png")
        for name, index in wanted(verification)
        if name in images.seen and index < len(images.seen[name])
    }
    drawn = {
        f"{result.set}/{result.index}": data_uri(thumbnail(files[result.name], result.name), "image/jpeg")
        for result in verification.external
        if result.name in (files := images.drawn.get(result.set, {}))
    }
    return dataclasses.replace(verification, pictures=Pictures(seen, drawn))
