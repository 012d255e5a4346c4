"""The zoo: one file per architecture, and the registry that names them. Listing it loads no TensorFlow."""

from __future__ import annotations

from toolkit.errors import ModelError
from toolkit.zoo import proposed
from toolkit.zoo.architecture import Architecture, PaperFigures

__all__ = ["Architecture", "PaperFigures", "get", "names"]

_ALL: tuple[Architecture, ...] = (proposed.ARCHITECTURE,)


def names() -> tuple[str, ...]:
    """The names of all architectures, in the order of the paper's tables."""
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
