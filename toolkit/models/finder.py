"""Finds the `.tflite` that is meant by a name or a path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from toolkit import resources, tflite, zoo
from toolkit.artifacts import DType, ModelCard, ModelFile, sha256_of, write_atomically
from toolkit.errors import ModelError

CARD = "card.json"


@dataclass(frozen=True)
class StoredModel:
    """A trained model in a folder; shipped is True for those that come with the package."""

    folder: Path
    card: ModelCard
    shipped: bool


def file_name(name: str, dtype: DType, *, per_tensor: bool = False) -> str:
    """The name of a model's file: `NAME_float32.tflite`, `NAME_int8.tflite` or `NAME_int8_per_tensor.tflite`."""
    return f"{name}_{dtype}{'_per_tensor' if per_tensor and dtype is DType.INT8 else ''}.tflite"


def workspace_folder(workspace: Path, name: str) -> Path:
    """Where `tinyml train` stores a model."""
    return workspace / "build" / "models" / name


def find(name: str, workspace: Path) -> StoredModel | None:
    """The stored model of this name: the workspace's own before the shipped one; None if there is neither."""
    if Path(name).name != name:
        return None
    for folder, shipped in ((workspace_folder(workspace, name), False), (resources.models() / name, True)):
        if (folder / CARD).is_file():
            return StoredModel(folder, ModelCard.load(folder / CARD), shipped)
    return None


def stored(workspace: Path) -> tuple[StoredModel, ...]:
    """All trained models that `resolve` finds by name: the zoo's in its order, then others by name."""
    names = list(zoo.names())
    for parent in (workspace_folder(workspace, "x").parent, resources.models()):
        if parent.is_dir():
            names.extend(sorted(each.parent.name for each in parent.glob(f"*/{CARD}") if each.parent.name not in names))
    found = (find(name, workspace) for name in names)
    return tuple(each for each in found if each is not None)


def resolve(name_or_path: str, dtype: DType, workspace: Path, *, per_tensor: bool = False) -> ModelFile:
    """The converted model that is meant.

    Args:
        name_or_path: the name of a trained model, or a path to a `.tflite` under any name, or to a C array of one.
        dtype: wanted; a file given by its path must be of it.
        workspace: whose `build/models` is searched before the shipped models; a file that had to be rewritten for both
            sides is kept in its `build/rewritten`.
        per_tensor: the int8 file whose dense layers have one scale each, for TFLM libraries before 2024.

    Raises:
        UnsupportedError: the file is sound, and neither runtime can take it; all reasons are named.
        ModelError: there is no such file or name, or not of this type; the hint says how to get it.
    """
    if is_path(name_or_path, workspace):
        return _user_file(Path(name_or_path), dtype, workspace)
    model = find(name_or_path, workspace)
    if model is None:
        if name_or_path in zoo.names():
            raise ModelError(f"{name_or_path} is not trained yet", f"tinyml train {name_or_path}")
        known = dict.fromkeys([*zoo.names(), *(each.card.name for each in stored(workspace))])
        raise ModelError(f"there is no model {name_or_path!r}", f"known models: {', '.join(known)}; or a .tflite file")
    file = model.folder / file_name(name_or_path, dtype, per_tensor=per_tensor)
    if file.name not in model.card.files or not file.is_file():
        raise ModelError(
            f"{name_or_path} has no {dtype} file", "try the other --dtype, or train it again: tinyml train"
        )
    data = file.read_bytes()
    if sha256_of(data) != model.card.files[file.name]:
        raise ModelError(
            f"{file} is not the file that its card tells of", f"tinyml train {name_or_path} makes it again"
        )
    return ModelFile(name_or_path, file.resolve(), dtype, sha256_of(data), len(data))


def is_path(text: str, workspace: Path) -> bool:
    """Whether a path is meant: anything with a folder or a suffix, and whatever lies there and is no model's name."""
    if "/" in text or os.sep in text or Path(text).suffix.lower() == ".tflite":
        return True
    if text in zoo.names() or find(text, workspace) is not None:
        return False
    try:
        return Path(text).suffix != "" or Path(text).exists()
    except (OSError, ValueError):  # a name that no file can have
        return True


def readable(stem: str) -> str:
    """A file's name as a model's: it is written into sources and reports, where only characters can stand."""
    return "".join(sign if sign.isprintable() and sign not in "/\\" else "_" for sign in stem)


def _user_file(path: Path, dtype: DType, workspace: Path) -> ModelFile:
    source = tflite.source.read(path)
    description = tflite.describe(source.tflite)
    rewritten = tflite.rewrite(source.tflite, description)
    wrong = [*tflite.obstacles.of(description), *rewritten.obstacles]
    if wrong:
        raise tflite.UnsupportedError(wrong, path.name, rewritten.data)
    takes = tflite.ends.dtype_of(tflite.ends.ends_of(rewritten.data).inputs)
    if takes is not dtype:
        raise ModelError(f"{path.name} takes {description.inputs[0].type}, not {dtype}", f"--dtype {takes}")
    changes = rewritten.changes
    if source.tflite is not source.file:
        changes = ("its C array as a file", *changes)
    if not changes:
        return ModelFile(readable(path.stem), path.resolve(), dtype, sha256_of(source.file), len(source.file))
    digest = sha256_of(rewritten.data)
    place = workspace / "build" / "rewritten" / f"{digest[:16]}.tflite"
    write_atomically(place, rewritten.data)
    return ModelFile(
        readable(path.stem),
        place.resolve(),
        dtype,
        digest,
        len(rewritten.data),
        original=path.resolve(),
        original_sha256=sha256_of(source.file),
        changes=changes,
    )
