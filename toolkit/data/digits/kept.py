"""The package's own pictures, prepared once for each user: every build and every check needs them.

What came of them lies in the user's cache, under a key over the pictures and the program that prepares them. A file
that is missing, damaged or out of date is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from toolkit import resources
from toolkit.artifacts import write_atomically
from toolkit.data import pictures
from toolkit.data.digits import convention, prepare
from toolkit.data.digits.prepare import Prepared
from toolkit.errors import TinymlError


def prepared(paths: Sequence[Path]) -> list[Prepared]:
    """What `prepare.prepare` makes of each.

    Raises:
        DatasetError: one is no image, or there is nothing on it.
    """
    try:
        place = resources.cache() / "prepared" / f"{_key(paths)}.npz"
    except OSError:  # whoever prepares it says what is wrong
        return [prepare.prepare(path) for path in paths]
    with (
        contextlib.suppress(OSError, ValueError, KeyError, EOFError, BadZipFile),
        np.load(io.BytesIO(place.read_bytes())) as stored,
    ):
        images = stored["images"]
        if images.shape == (len(paths), convention.SIDE, convention.SIDE) and images.dtype == np.uint8:
            return [Prepared(image, ()) for image in images]
    return _kept([prepare.prepare(path) for path in paths], place)


def _kept(made: list[Prepared], place: Path) -> list[Prepared]:
    """What was made, written to its place as a whole if that can be; not if there are remarks on it."""
    if any(each.remarks for each in made):
        return made
    stored = io.BytesIO()
    np.savez(stored, images=np.stack([each.image for each in made]))
    with contextlib.suppress(TinymlError):
        write_atomically(place, stored.getvalue())
    return made


def _key(paths: Sequence[Path]) -> str:
    programs = (Path(str(module.__file__)) for module in (prepare, pictures, convention))
    digest = hashlib.sha256()
    for path in (*programs, *paths):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
