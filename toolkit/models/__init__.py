"""Trained networks: finder.py the one that is meant; store.py converts, scores and writes one down;
conversion.py makes one of a file
of another framework; card.py says in words what it is; listing.py all of them beside the zoo.

The stages know none of this: a network comes to them as bytes, or as a Keras model.
"""

from __future__ import annotations

from toolkit.models.finder import (
    CARD,
    StoredModel,
    file_name,
    find,
    is_path,
    readable,
    resolve,
    stored,
    workspace_folder,
)

__all__ = ["CARD", "StoredModel", "file_name", "find", "is_path", "readable", "resolve", "stored", "workspace_folder"]
