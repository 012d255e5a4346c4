"""The zoo: one file per architecture, and the registry that names them. Listing it loads no TensorFlow."""

from __future__ import annotations

from toolkit.errors import ModelError
from toolkit.zoo import (
    cnn2_3_3_4,
    cnn2_3_4_5,
    cnn_2_2,
    cnn_8_8,
    dropout,
    efficient_capsnet,
    initial,
    no_dense,
    proposed,
    squeezenet,
)
from toolkit.zoo.architecture import Architecture, PaperFigures, Training

__all__ = ["Architecture", "PaperFigures", "Training", "get", "names"]

_ALL: tuple[Architecture, ...] = (
    proposed.ARCHITECTURE,
    initial.ARCHITECTURE,
    cnn_8_8.ARCHITECTURE,
    no_dense.ARCHITECTURE,
    cnn_2_2.ARCHITECTURE,
    dropout.ARCHITECTURE,
    cnn2_3_3_4.ARCHITECTURE,
    cnn2_3_4_5.ARCHITECTURE,
    squeezenet.ARCHITECTURE,
    efficient_capsnet.ARCHITECTURE,
)


def names() -> tuple[str, ...]:
    """The names of all architectures, the proposed one first, then in the order of the paper's tables."""
    return tuple(architecture.name for architecture in _ALL)


def get(name: str) -> Architecture:
    """The architecture with this name.

    Raises:
        ModelError: there is none; the hint lists those that are.
    """
    for architecture in _ALL:
        if architecture.name == name:
            return architecture
    raise ModelError(f"there is no model {name!r}", f"known models: {', '.join(names())}")
