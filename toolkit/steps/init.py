"""Writes a project file: what the user said, what the model and the data tell, and of each value where it came from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import projectfile
from toolkit.errors import ProjectFileError, UsageError
from toolkit.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from toolkit.artifacts import TensorSpec
    from toolkit.tflite.ends import Ends

BOARD = "mps2-an386"
"""Where none is said: an emulated Cortex-M4F that counts instructions."""

MOST_CLASSES = 64
"""More class names than these stay in the data alone."""

_MODELS = (".tflite", ".lite")
_SOURCES = (".keras", ".h5", ".onnx", ".pt2")
"""What is converted first."""

_DATA = (".npz", ".npy", ".csv", ".parquet")


@dataclass(frozen=True)
class Asked:
    """What the user said: the model's name or path, the board, and the data; None where nothing was said."""

    model: str | None = None
    board: str | None = None
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True)
class Entry:
    """A line of the file.

    Attributes:
        key: "board", "data.scale".
        value: a text, a number, or a tuple of texts.
        why: where it was taken from, in words.
        off: it is written as a comment: something to begin with.
    """

    key: str
    value: Any
    why: str
    off: bool = False


def models_in(folder: Path) -> tuple[str, ...]:
    """The networks that lie in a folder, by their files' names: those that are ready, or else those to be converted."""
    return _files(folder, _MODELS) or _files(folder, _SOURCES)


def data_in(folder: Path) -> tuple[str, ...]:
    """The files that may be a set of data, by their names."""
    return _files(folder, _DATA)


def _files(folder: Path, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(sorted(each.name for each in folder.iterdir() if each.suffix.lower() in suffixes))
    except OSError as caught:
        raise ProjectFileError(f"{folder} cannot be read: {caught.strerror}", "name a folder that is there") from caught


def propose(folder: Path, asked: Asked) -> tuple[Entry, ...]:
    """What a project file in `folder` would hold.

    Raises:
        UsageError: no model is said, and the folder does not hold just one.
        BoardError: there is no such board.
        ModelError: there is no such model, or no runtime can take it.
        DatasetError: the data cannot be read, or do not fit the network.
    """
    from toolkit import board as boards

    board = asked.board or BOARD
    target = boards.load(board, folder)
    why = "--board" if asked.board else "nothing was said"
    found = [Entry("board", _beside(board, folder) if board.endswith(".toml") else board, f"{why}: {target.name}")]
    model, why = _model(folder, asked.model)
    ends, is_file = _ends(model, folder)
    found += [
        Entry("model.path" if is_file else "model.name", _beside(model, folder) if is_file else model, why),
        _dtype(model, folder, ends),
    ]
    found += _data(folder, ends, asked.selection)
    return (*found, *_gates(found))


def _model(folder: Path, asked: str | None) -> tuple[str, str]:
    if asked is not None:
        return asked, "--model"
    here = models_in(folder)
    if len(here) != 1:
        what = f"{len(here)} models lie in {folder}: {', '.join(here[:5])}" if here else f"no .tflite lies in {folder}"
        raise UsageError(f"--model is missing, and {what}", "name it: tinyml init --model net.tflite")
    return str(folder / here[0]), f"the only {Path(here[0]).suffix.lower()} in this folder"


def _ends(model: str, folder: Path) -> tuple[Ends, bool]:
    """The network's ends; and whether a file is meant, not a name of the zoo."""
    from toolkit import models, tflite
    from toolkit.artifacts import DType
    from toolkit.models import conversion
    from toolkit.tflite.ends import ends_of

    if not models.is_path(model, folder):
        return ends_of(models.resolve(model, DType.INT8, folder).read()), False
    path = Path(model)
    if conversion.is_source(model, folder):
        made = conversion.converted(path, DType.FLOAT32, EVERYTHING, folder)
        return ends_of(made.path.read_bytes()), True
    source = tflite.source.read(path)
    described = tflite.describe(source.tflite)
    rewritten = tflite.rewrite(source.tflite, described)
    wrong = [*tflite.obstacles.of(described), *rewritten.obstacles]
    if wrong:
        raise tflite.UnsupportedError(wrong, path.name, rewritten.data)
    return ends_of(rewritten.data), True


def _dtype(model: str, folder: Path, ends: Ends) -> Entry:
    from toolkit.models import conversion
    from toolkit.tflite.ends import dtype_of

    if conversion.is_source(model, folder):
        return Entry("model.dtype", "int8", f"converted with samples of the data; the model: {_in_words(ends)}")
    return Entry("model.dtype", str(dtype_of(ends.inputs)), f"the model: {_in_words(ends)}")


def _in_words(ends: Ends) -> str:
    return f"{' and '.join(map(_tensor, ends.inputs))} in, {' and '.join(map(_tensor, ends.outputs))} out"


def _tensor(spec: TensorSpec) -> str:
    if not spec.quantised:
        return f"{spec.dtype} {list(spec.shape)}"
    import numpy as np

    stored = np.iinfo(spec.numpy)
    low, high = (spec.scale * (int(end) - spec.zero_point) for end in (stored.min, stored.max))
    return f"{spec.dtype} {list(spec.shape)} for {low:.4g} to {high:.4g}"


def _data(folder: Path, ends: Ends, asked: Selection) -> Iterator[Entry]:
    """What is known of the data, where there are any; else what is sent without."""
    from toolkit import data
    from toolkit.data.sets import known

    if asked.data is None:
        yield Entry("data.path", "test.npz", "without it: MNIST if the network reads it, else made-up inputs", off=True)
        yield from _said(asked, folder)
        return
    chosen = data.choose(ends.inputs, ends.outputs, asked)
    samples = chosen.sets[0]
    path = str(asked.data) if not asked.data.exists() else _beside(str(asked.data), folder)  # or a name of a set
    yield Entry("data.path", path, f"--data: {chosen.told}")
    if known.named(asked.data) is not None:  # all of it is known by its name
        yield from _said(asked, folder)
        return
    said = {each.key for each in _said(asked, folder)}
    for name, found in samples.found.items():
        if f"data.{name}" not in said:
            yield Entry(f"data.{name}", found[0] if len(found) == 1 else found, "found in the data by its name or size")
    if "data.task" not in said:
        yield Entry("data.task", str(samples.task.kind), "the data and the network's output")
    if "data.classes" not in said and 0 < len(samples.classes) <= MOST_CLASSES:
        yield Entry("data.classes", samples.classes, "the data")
    if "data.scale" not in said and samples.scaling is not None:
        yield Entry("data.scale", str(samples.scaling), "the input's quantisation, or its type")
    yield from _said(asked, folder)


def _said(asked: Selection, folder: Path) -> Iterator[Entry]:
    """What the options say of the data."""
    for name in ("inputs", "truth", "task", "classes", "scale", "resize", "limit"):
        value = getattr(asked, name)
        if value is not None and value != ():
            yield Entry(f"data.{name}", value, f"--{name}")
    if asked.images is not None:
        yield Entry("data.images", _beside(str(asked.images), folder), "--images")


def _gates(found: Sequence[Entry]) -> Iterator[Entry]:
    """Something to begin with; none of it is in force."""
    task = next((each.value for each in found if each.key == "data.task"), "none")
    by_task = {"classify": ("accuracy", 0.95), "regress": ("mae", 1.0), "reconstruct": ("auc", 0.9)}
    if task in by_task:
        name, bound = by_task[task]
        yield Entry(f"gate.{name}", bound, "an example: no less" if name != "mae" else "an example: no more", off=True)
    yield Entry("gate.flash_bytes", 65536, "an example: no more", off=True)
    yield Entry("gate.ram_bytes", 16384, "an example: no more", off=True)


def _beside(path: str, folder: Path) -> str:
    """A path as the file in `folder` says it: relative to that folder, where it lies below or beside it."""
    given = Path(path).expanduser()
    if given.is_absolute() and not given.is_relative_to(folder.resolve()):
        return given.as_posix()
    return Path(os.path.relpath(given.resolve(), folder.resolve())).as_posix()


def render(entries: Sequence[Entry]) -> str:
    """The file's text."""
    lines = ["# Written by tinyml init; `tinyml run` in this folder needs no option. Every key: docs/project.md", ""]
    table = ""
    for each in sorted(entries, key=lambda entry: _ORDER.index(entry.key.rpartition(".")[0])):
        own, _, key = each.key.rpartition(".")
        if own != table:
            table = own
            lines += ["", f"[{own}]"]
        lines.append(f"{'# ' if each.off else ''}{key} = {_value(each.value)}  # {_one_line(each.why)}")
    return "\n".join(lines) + "\n"


_ORDER = ("", "model", "data", "gate")


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)  # a basic string of TOML is one of JSON


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def write(folder: Path, entries: Sequence[Entry], *, force: bool = False) -> Path:
    """Write the file, whole or not at all; what is written is what is read back.

    Raises:
        ProjectFileError: there is one, and `force` is not set; or a name is none that the file can hold.
        TinymlError: the file system refused.
    """
    from toolkit.artifacts import write_atomically

    path = check_free(folder, force=force)
    text = render(entries)
    projectfile.parse(text, path.name)
    write_atomically(path, text.encode())
    return path


def check_free(folder: Path, *, force: bool) -> Path:
    """Where the file is to stand.

    Raises:
        ProjectFileError: there is one, and `force` is not set.
    """
    path = folder / projectfile.NAME
    if not force and (path.exists() or path.is_symlink()):
        raise ProjectFileError(f"{path} is there already", "--force writes over it")
    return path
