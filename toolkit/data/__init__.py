"""MNIST, Fashion-MNIST, the external images, and a folder of the user's own."""

from __future__ import annotations

from toolkit.data.digits.prepare import prepare_image
from toolkit.data.images import LabelledImages
from toolkit.data.loaders.folder import load_external, load_images
from toolkit.data.sets.fashion import load_fashion_mnist
from toolkit.data.sets.mnist import load_mnist

__all__ = ["LabelledImages", "load_external", "load_fashion_mnist", "load_images", "load_mnist", "prepare_image"]
