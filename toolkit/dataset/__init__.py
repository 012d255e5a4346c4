"""MNIST, Fashion-MNIST, the external images, and a folder of the user's own."""

from __future__ import annotations

from toolkit.dataset.fashion import load_fashion_mnist
from toolkit.dataset.folder import load_external, load_images
from toolkit.dataset.mnist import load_mnist
from toolkit.dataset.prepare import prepare_image
from toolkit.images import LabelledImages

__all__ = ["LabelledImages", "load_external", "load_fashion_mnist", "load_images", "load_mnist", "prepare_image"]
