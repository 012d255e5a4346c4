"""The zoo: one file per architecture, or in another package. Listing it loads no TensorFlow."""

from __future__ import annotations

from typing import cast

from toolkit import registry
from toolkit.errors import ModelError
from toolkit.zoo.architecture import Architecture, PaperFigures, Training

__all__ = ["Architecture", "PaperFigures", "Training", "get", "names", "of_the_paper"]


def names() -> tuple[str, ...]:
    """The names of all architectures, the proposed one first, then in the order of the paper's tables."""
    found = [_architecture(name) for name in registry.names(registry.ARCHITECTURES)]
    return tuple(each.name for each in sorted(found, key=lambda each: (each.rank, each.name)))


def of_the_paper() -> tuple[str, ...]:
    """Those of the paper's tables, in the same order."""
    return tuple(name for name in names() if get(name).paper)


def get(name: str) -> Architecture:
    """The architecture with this name.

    Raises:
        ModelError: there is none; the hint lists those that are.
    """
    module = name.replace("-", "_")
    if registry.find(registry.ARCHITECTURES, module) is None or name != _architecture(module).name:
        raise ModelError(f"there is no model {name!r}", f"known models: {', '.join(names())}")
    return _architecture(module)


def _architecture(module: str) -> Architecture:
    return cast(Architecture, registry.load(registry.ARCHITECTURES, module).ARCHITECTURE)
