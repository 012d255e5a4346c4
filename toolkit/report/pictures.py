"""The inputs that the report shows as pictures, packed into the verification so that its JSON alone is enough."""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Sequence

from PIL import Image

from toolkit.artifacts import Pictures, Verification
from toolkit.data.pictures import read_picture
from toolkit.data.samples import Samples

MOST_WRONG = 400
"""Misclassified inputs that are shown; a model that is worse than that is not improved by looking at more."""

MOST_FAILED = 50
"""Inputs with a wrong or missing output that are shown."""

DRAWN_SIDE = 168
"""Height and width in pixels of a drawing in the report, at most: 84 CSS pixels on a screen of double density."""


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
    """(set, index) of the inputs that the report shows, each once: failed, misclassified, and those shown singly."""
    failed = [result for result in verification.wrong if not result.passed][:MOST_FAILED]
    wrong = [result for result in verification.wrong if result.passed][:MOST_WRONG]
    return list(dict.fromkeys((result.set, result.index) for result in (*failed, *wrong, *verification.singly)))


def attach(verification: Verification, sets: Sequence[Samples]) -> Verification:
    """The verification with the pictures that its report shows.

    Inputs that `sets` does not hold, or that are no pictures, are left out; the report then shows the result alone.

    Raises:
        DatasetError: a drawing that cannot be read.
    """
    by_name = {each.name: each for each in sets}
    seen = {}
    for name, index in wanted(verification):
        samples = by_name.get(name)
        picture = samples.picture(index) if samples is not None and index < len(samples) else None
        if picture is not None:
            seen[f"{name}/{index}"] = data_uri(encode_png(Image.fromarray(picture)), "image/png")
    files = {name: each.files for name, each in by_name.items()}
    drawn = {
        f"{result.set}/{result.index}": data_uri(thumbnail(made[result.name], result.name), "image/jpeg")
        for result in verification.singly
        if result.name in (made := files.get(result.set, {}))
    }
    return dataclasses.replace(verification, pictures=Pictures(seen, drawn))
