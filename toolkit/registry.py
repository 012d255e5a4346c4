"""What can be added: each is a file in its room, or comes with somebody else's package. There is no list.

A room is a package of ours. Every module in it that has the room's mark is one of its kind; modules without are its
tools. A package of somebody else's names modules of its own under the room's entry point, in its pyproject.toml:

    [project.entry-points."tinyml.flashers"]
    my_probe = "my_package.my_probe"

and a module there has to offer what ours offer. Ours come first where two have one name: nobody is replaced unasked.
What is installed is trusted as the toolkit itself is: it runs with the user's rights.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from toolkit.errors import TinymlError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True)
class Room:
    """Where one kind of thing is found.

    Attributes:
        what: one of them, in words.
        package: of ours.
        group: of entry points.
        mark: what each module has, and no other module of the room.
    """

    what: str
    package: str
    group: str
    mark: str


BUILDERS = Room("builder", "toolkit.build", "tinyml.builders", "version")
FLASHERS = Room("flash method", "toolkit.flash", "tinyml.flashers", "flash")
EMULATORS = Room("emulator", "toolkit.emulate", "tinyml.emulators", "start")
LOADERS = Room("loader", "toolkit.data.loaders", "tinyml.loaders", "load")
CONVERTERS = Room("converter", "toolkit.convert", "tinyml.converters", "load")
ARCHITECTURES = Room("architecture", "toolkit.zoo", "tinyml.architectures", "ARCHITECTURE")
EXPORTS = Room("kind of export", "toolkit.export.kinds", "tinyml.exports", "files")
ISAS = Room("instruction set", "toolkit.compiler.isa", "tinyml.isas", "ISA")


def names(room: Room) -> tuple[str, ...]:
    """Every name in a room: our own, then those of other packages that can be loaded: a broken one hurts no other.

    It looks into every module.
    """
    own = [name for name in _files(room) if _own(room, name) is not None]
    return (*own, *(name for name in sorted(_foreign(room.group)) if name not in own and _works(room, name)))


def _works(room: Room, name: str) -> bool:
    try:
        return find(room, name) is not None
    except TinymlError:
        return False


def find(room: Room, name: str) -> ModuleType | None:
    """The module of this name; None if there is none.

    Raises:
        TinymlError: another package's cannot be imported, or is not what the room asks for; it is named.
    """
    own = _own(room, name)
    if own is not None:
        return own
    entry = _foreign(room.group).get(name)
    if entry is None:
        return None
    whose = f"{room.what} {name!r} of the package {entry.dist.name if entry.dist else 'of unknown name'}"
    try:
        module = entry.load()
    except Exception as caught:  # whatever another's module does when it is imported
        said = next(iter(str(caught).splitlines()), "")
        raise TinymlError(
            f"the {whose} cannot be loaded: {type(caught).__name__}: {said}",
            f"mend or uninstall that package; it is {entry.value}",
        ) from caught
    if not isinstance(module, ModuleType) or not hasattr(module, room.mark):
        raise TinymlError(
            f"the {whose} is no module with {room.mark!r}", f"see toolkit/registry.py; it is {entry.value}"
        )
    return module


def load(room: Room, name: str, error: type[TinymlError] = TinymlError) -> ModuleType:
    """The module of this name.

    Raises:
        TinymlError: `error`: there is none, and the hint lists those that are; or as `find`.
    """
    found = find(room, name)
    if found is None:
        raise error(f"there is no {room.what} {name!r}", f"{room.what}s: {', '.join(names(room))}")
    return found


def may_have(room: Room, name: str) -> bool:
    """Whether a room has a module of this name, without looking into it: that may load much."""
    return name in _files(room) or name in _foreign(room.group)


@functools.cache
def _files(room: Room) -> tuple[str, ...]:
    """The names of a room's modules."""
    place = Path(__file__).parent.joinpath(*room.package.split(".")[1:])
    return tuple(sorted(module.name for module in pkgutil.iter_modules([str(place)])))


def _own(room: Room, name: str) -> ModuleType | None:
    if name not in _files(room):
        return None
    module = importlib.import_module(f"{room.package}.{name}")
    return module if hasattr(module, room.mark) else None


def _foreign(group: str) -> dict[str, EntryPoint]:
    """What other packages bring, by name."""
    return _entries(group, tuple(sys.path))


@functools.cache
def _entries(group: str, _path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Read once for each search path: it looks into every package that is installed."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=group)}
