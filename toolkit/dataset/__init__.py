"""MNIST, Fashion-MNIST, the external images, and a folder of the user's own."""

from __future__ import annotations

from toolkit.images import LabelledImages

__all__ = ["LabelledImages"]
