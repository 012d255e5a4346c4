"""The project file, tinyml.toml: TOML -> what the same options say on a command line.

A key has the name of its option, but for `path` and `name`, which a table makes plain; what the command line says wins.
docs/project.md has every key, and docs/project.schema.json is made from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from toolkit import gates, toml
from toolkit.artifacts import DType, Runtime
from toolkit.errors import ProjectFileError
from toolkit.toml import Table, Word

NAME = "tinyml.toml"

Line = Annotated[
    str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+$(?!\n)", description="one line of text")
]
Named = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_-]*$(?!\n)", description="a name of small letters, digits, - and _")
]
# A list that may be one text as well is made a list before it is converted: msgspec 0.22 frees memory twice at the end
# of a program that has had it convert a union of a text with a pattern and a list.
Item = Annotated[
    str,
    Meta(
        pattern=r"^[^,\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+$(?!\n)",
        description="one line of text without a comma",
    ),
]

Items = Annotated[tuple[Item, ...], Meta(min_length=1)]


class Model(Table, frozen=True, kw_only=True):
    """`[model]`: path of a file, or name of a network of the zoo; the rest as `tinyml build` has it.

    Attributes:
        float: the float32 network that the file was made of.
        calibrate: a set to take the ranges of an int8 conversion from.
    """

    path: Line | None = None
    name: Word | None = None
    dtype: DType | None = None
    runtime: Runtime | None = None
    toolchain: Named | None = None
    optimise: Literal["balanced", "speed", "size"] | None = None
    slots: bool | None = None
    stream: Literal["auto", "off", "on", "rows"] | None = None
    upright: bool | None = None
    float: Line | None = None
    calibrate: Line | None = None


class Data(Table, frozen=True, kw_only=True):
    """`[data]`: path of a file or folder, and how it is read; see docs/data.md."""

    path: Line | None = None
    inputs: Items | None = None
    truth: Items | None = None
    task: Literal["classify", "regress", "reconstruct", "none"] | None = None
    classes: Items | None = None
    scale: Line | None = None
    resize: Literal["stretch", "crop", "pad"] | None = None
    images: Line | None = None
    limit: Annotated[int, Meta(ge=0, le=2**40)] | None = None
    trace: Annotated[int, Meta(ge=0, le=2**40)] | None = None


class ProjectFile(Table, frozen=True, kw_only=True):
    """What tinyml.toml may hold.

    Attributes:
        board: an id, an alias, or the path of a board file.
        emulate, port, method: as `tinyml flash` has them; not read where the command line names another board.
        junit: where the verdict is written as JUnit XML.
        strength: whether the strength of the proof is measured.
    """

    board: Line | None = None
    emulate: bool | None = None
    port: Line | None = None
    method: Named | None = None
    junit: Line | None = None
    strength: bool | None = None
    model: Model = Model()
    data: Data = Data()
    gate: gates.Gates = gates.NONE


LISTS = {"data.inputs", "data.truth", "data.classes"}
"""Keys that hold a list, or one text with commas."""

PATHS = {"model.path", "model.float", "data.images", "junit"}
"""Keys that hold a path, relative to the file's folder."""

PERHAPS_PATHS = {"model.calibrate", "data.path", "data.inputs", "data.truth", "data.classes"}
"""Keys that hold a path where it looks like one and lies in the folder, and a name of something otherwise."""

OF_THE_BOARD = {"emulate", "port", "method", "model.toolchain"}
"""Keys that speak of the file's own board."""

_OPTIONS = {"model.path": "--model", "model.name": "--model", "data.path": "--data"}


def option(key: str) -> str:
    """How the command line spells a key, "data.scale": "--scale"."""
    return _OPTIONS.get(key) or f"--{key.rsplit('.', 1)[-1]}"


def all_keys() -> tuple[str, ...]:
    """Every key, "board", "model.path"; the gates are one of them."""
    found = []
    for name in ProjectFile.__struct_fields__:
        table = {"model": Model, "data": Data}.get(name)
        found += [f"{name}.{key}" for key in table.__struct_fields__] if table else [name]
    return tuple(found)


@dataclass(frozen=True)
class Project:
    """A project file that was read.

    Attributes:
        path: of it.
        told: what it says.
    """

    path: Path
    told: ProjectFile

    def said(self) -> dict[str, Any]:
        """By key: the value as its option takes it, paths made relative to where we are; the gates as `--gate`.

        Raises:
            ProjectFileError: something would be written outside of the file's folder.
        """
        flat: dict[str, Any] = {}
        for key in all_keys():
            value: Any = self.told
            for part in key.split("."):
                value = getattr(value, part)
            if value is not None:
                flat[key] = value
        if spelt := gates.spell(flat.pop("gate")):
            flat["gate"] = spelt
        return {key: self._placed(key, value) for key, value in flat.items()}

    def _placed(self, key: str, value: Any) -> Any:
        if isinstance(value, tuple):
            return [self._placed(key, each) for each in value]
        if key == "junit" and not self._is_inside(value):
            raise ProjectFileError(
                f"{self.path.name}: junit is {value!r:.80}, which is not in the file's folder",
                "a project writes nothing elsewhere; the command line may: --junit",
            )
        if key in PATHS or (key == "board" and value.endswith(".toml")):
            return self._path(value)
        if key in PERHAPS_PATHS and ("/" in value or "." in value or key == "data.path") and self._lies_here(value):
            return self._path(value)
        return value

    def _is_inside(self, value: str) -> bool:
        """Whether a path leads nowhere else, by whatever links."""
        folder = self.path.parent.resolve()
        try:
            return (folder / Path(value).expanduser()).resolve().is_relative_to(folder)
        except (OSError, RuntimeError):  # links in a circle; no such user
            return False

    def _lies_here(self, value: str) -> bool:
        try:
            return (self.path.parent / value).exists()
        except OSError:  # a name that no file can have
            return False

    def _path(self, value: str) -> str:
        """With a folder in front, so that it is never taken for a name."""
        if value.startswith("~") or Path(value).is_absolute():
            return value
        return f"{self.path.parent.as_posix()}/{value}"


def find(asked: Path | None = None) -> Project | None:
    """The project file that is meant.

    Args:
        asked: it, or its folder; None for the one in this folder, if there is one.

    Raises:
        ProjectFileError: what is asked for is not there, or the file is wrong; the message names file and line or key.
    """
    path = Path(NAME) if asked is None else asked / NAME if asked.is_dir() else asked
    if not path.exists():
        if asked is None:
            return None
        raise ProjectFileError(f"there is no {path}", "tinyml init writes one")
    return Project(path, read(path))


def read(path: Path) -> ProjectFile:
    """Read a project file.

    Raises:
        ProjectFileError: it is no TOML, has an unknown key or a bad value; the message names file and line or key.
    """
    return _told(toml.read(path, ProjectFileError), path.name)


def parse(text: str, name: str = NAME) -> ProjectFile:
    """The same, of a file's text.

    Raises:
        ProjectFileError: see `read`.
    """
    return _told(toml.loads(text, name, ProjectFileError), name)


def _told(tables: dict[str, Any], name: str) -> ProjectFile:
    told = toml.convert(_listed(tables), ProjectFile, name, error=ProjectFileError)
    if told.model.path is not None and told.model.name is not None:
        raise ProjectFileError(f"{name}: [model] has a path and a name", "keep one of them")
    return told


def _listed(table: dict[str, Any]) -> dict[str, Any]:
    """The same, a list in the place of a text with commas, as the command line has it."""
    for key in LISTS:
        above, _, name = key.partition(".")
        inner = table.get(above)
        if isinstance(inner, dict) and isinstance(inner.get(name), str):
            inner[name] = [item.strip() for item in inner[name].split(",")]
    return table
