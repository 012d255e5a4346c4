"""One file a format, found by toolkit/registry.py, and what other packages bring."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from toolkit import registry
from toolkit.data.loaders.base import Loaded, Wanted, readable
from toolkit.errors import DatasetError

ANYTHING = Wanted()

__all__ = ["Loaded", "Loader", "Wanted", "get", "load", "names", "readable"]


class Loader(Protocol):
    """A module with these functions. Another package brings one by the entry point `tinyml.loaders`."""

    def suits(self, path: Path) -> bool:
        """Whether the path looks like this format; its content need not be sound."""

    def load(self, path: Path, wanted: Wanted) -> Loaded:
        """What lies there; `wanted` tells the network's ends and what the user says of the data.

        Raises:
            DatasetError: it cannot be read, or is damaged; the message names the file, and the row.
        """


def names() -> tuple[str, ...]:
    """Every loader's name."""
    return registry.names(registry.LOADERS)


def get(name: str) -> Loader:
    """The loader of this name.

    Raises:
        DatasetError: there is none; the hint lists those that are.
    """
    return cast(Loader, registry.load(registry.LOADERS, name, DatasetError))


def load(path: Path, wanted: Wanted = ANYTHING, *, how: str | None = None) -> Loaded:
    """What lies in a file or a folder, as it is: `toolkit.data.own` brings it to a network.

    Args:
        how: the loader's name; by default the first that suits the path, ours before those of other packages.

    Raises:
        DatasetError: nothing is there, no loader suits it, or it cannot be read.
    """
    readable(path)
    if how is not None:
        return get(how).load(path, wanted)
    for each in names():
        loader = get(each)
        try:
            suits = loader.suits(path)
        except OSError as caught:
            raise DatasetError(f"{path} cannot be read: {caught.strerror}", "check its permissions") from caught
        if suits:
            return loader.load(path, wanted)
    what = "a folder with nothing in it that is known" if path.is_dir() else "of no format that is known"
    raise DatasetError(f"{path} is {what}", f"known: {', '.join(names())}; see docs/data.md")
