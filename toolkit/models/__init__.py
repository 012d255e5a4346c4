"""Trained networks: finder.py the one that is meant, store.py writes one down, card.py says what it is in words.

The stages know none of this: a network comes to them as bytes, or as a Keras model.
"""

from __future__ import annotations

from toolkit.models.finder import CARD, StoredModel, file_name, find, resolve, stored, workspace_folder

__all__ = ["CARD", "StoredModel", "file_name", "find", "resolve", "stored", "workspace_folder"]
