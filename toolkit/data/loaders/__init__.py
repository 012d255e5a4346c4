"""One file a format, or another package: a loader knows what it reads, and reads it.

A module here with a function `load` is a loader; the others are what loaders share.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from toolkit import registry
from toolkit.data.samples import Samples


class Loader(Protocol):
    """A module with these. Another package brings one by the entry point `tinyml.loaders`."""

    def reads(self, path: Path) -> bool:
        """True if the file or folder is of this loader's format."""
        ...

    def load(self, path: Path) -> Samples:
        """The samples in it.

        Raises:
            DatasetError: it is damaged, or nothing that can be used; the message names the file.
        """
        ...


def load(path: Path) -> Samples:
    """The samples in a file or a folder, by the first loader that reads it; by that of pictures, if none does.

    Raises:
        DatasetError: see Loader.
    """
    for name in registry.names(registry.LOADERS):
        loader = cast(Loader, registry.load(registry.LOADERS, name))
        if loader.reads(path):
            return loader.load(path)
    return cast(Loader, registry.load(registry.LOADERS, "folder")).load(path)
