"""The inputs that the report shows as pictures, packed into the verification so that its JSON alone is enough."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from toolkit.artifacts import Pictures, SetResult, Verification
from toolkit.data.pictures import read_picture
from toolkit.data.samples import Samples
from toolkit.report import drawing

MOST_WRONG = 400
"""Misclassified inputs that are shown; a model that is worse than that is not improved by looking at more."""

MOST_FAILED = 50
"""Inputs with a wrong or missing output that are shown."""

DRAWN_SIDE = 168
"""Height and width in pixels of a drawing in the report, at most: 84 CSS pixels on a screen of double density."""


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
    """(set, index) of the inputs that the report shows, each once: failed, misclassified, those shown singly, and those
    on which the network did worst."""
    failed = [result for result in verification.wrong if not result.passed][:MOST_FAILED]
    wrong = [result for result in verification.wrong if result.passed][:MOST_WRONG]
    worst = [(each.name, sample.index) for each in verification.sets for sample in each.details.worst]
    shown = ((result.set, result.index) for result in (*failed, *wrong, *verification.singly))
    return list(dict.fromkeys((*shown, *worst)))


def attach(verification: Verification, sets: Sequence[Samples]) -> Verification:
    """The verification with the pictures that its report shows.

    Inputs that `sets` does not hold are left out; the report then shows the result alone. Of a network that gives its
    input again, both are drawn to one scale, and the values are no longer kept.

    Raises:
        DatasetError: a drawing that cannot be read.
    """
    by_name = {each.name: each for each in sets}
    seen, given_again = {}, {}
    for name, index in wanted(verification):
        samples = by_name.get(name)
        if samples is not None and index < len(samples):
            seen[f"{name}/{index}"] = drawing.draw(samples.pictured(), samples.inputs[0][index])
    for of in verification.sets:
        samples = by_name.get(of.name)
        for each in of.details.worst if samples is not None else ():
            if each.given and each.output and samples is not None:
                how, given = samples.pictured(), np.array(each.given)
                span = drawing.span_of(given)
                seen[f"{of.name}/{each.index}"] = drawing.draw(how, given, span)
                given_again[f"{of.name}/{each.index}"] = drawing.draw(how, np.array(each.output), span)
    files = {name: each.files for name, each in by_name.items()}
    drawn = {
        f"{result.set}/{result.index}": drawing.data_uri(thumbnail(made[result.name], result.name), "image/jpeg")
        for result in verification.singly
        if result.name in (made := files.get(result.set, {}))
    }
    return dataclasses.replace(
        verification,
        pictures=Pictures(seen, drawn, given_again),
        sets=tuple(_without_values(each) for each in verification.sets),
    )


def _without_values(of: SetResult) -> SetResult:
    worst = tuple(dataclasses.replace(each, given=(), output=()) for each in of.details.worst)
    return dataclasses.replace(of, details=dataclasses.replace(of.details, worst=worst))
