"""One file a format, found by toolkit/registry.py: IDX files, a folder of pictures, and what other packages bring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from toolkit import registry
from toolkit.errors import DatasetError

if TYPE_CHECKING:
    from toolkit.data.samples import Samples


class Loader(Protocol):
    """A module with these functions. Another package brings one by the entry point `tinyml.loaders`."""

    def suits(self, path: Path) -> bool:
        """Whether the path looks like this format; its content need not be sound."""

    def load(self, path: Path, name: str | None = None) -> Samples:
        """The samples, named `name`, or after the path.

        Raises:
            DatasetError: it cannot be read, or is damaged; the message names the file.
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


def load(path: Path, *, how: str | None = None, name: str | None = None) -> Samples:
    """The samples in a file or a folder.

    Args:
        how: the loader's name; by default the first that suits the path, ours before those of other packages.
        name: of the set.

    Raises:
        DatasetError: nothing is there, no loader suits it, or it cannot be read.
    """
    if not path.exists():
        raise DatasetError(f"{path} is missing", "name a file or a folder with data")
    if how is not None:
        return get(how).load(path, name)
    for each in names():
        loader = get(each)
        if loader.suits(path):
            return loader.load(path, name)
    raise DatasetError(f"{path} is of no format that is known", f"known: {', '.join(names())}")
