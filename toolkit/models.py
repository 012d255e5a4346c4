"""Finds the `.tflite` that is meant by a name or a path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit import resources, zoo
from toolkit.artifacts import DType, ModelCard, ModelFile, sha256_of
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
        name_or_path: a path that ends in `.tflite`, or the name of a trained model.
        dtype: wanted; a file given by its path must be of it.
        workspace: whose `build/models` is searched before the shipped models.
        per_tensor: the int8 file whose dense layers have one scale each, for TFLM libraries before 2024.

    Raises:
        ModelError: there is no such file or name, or not of this type; the hint says how to get it.
    """
    if name_or_path.endswith(".tflite"):
        return _user_file(Path(name_or_path), dtype)
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


def _user_file(path: Path, dtype: DType) -> ModelFile:
    try:
        data = path.read_bytes()
    except OSError as caught:
        raise ModelError(f"{path} cannot be read: {caught.strerror}", "check the path") from caught
    found = _input_type(data, path)
    if found is not dtype:
        raise ModelError(f"{path.name} takes {found}, not {dtype}", f"--dtype {found}")
    return ModelFile(_readable(path.stem), path.resolve(), dtype, sha256_of(data), len(data))


def _readable(stem: str) -> str:
    """A file's name as a model's: it is written into sources and reports, where only characters can stand."""
    return "".join(sign if sign.isprintable() and sign not in "/\\" else "_" for sign in stem)


def _input_type(data: bytes, path: Path) -> DType:
    import tflite

    kinds = {tflite.TensorType.INT8: DType.INT8, tflite.TensorType.FLOAT32: DType.FLOAT32}
    try:
        if data[4:8] != b"TFL3":
            raise ValueError("no TFL3 identifier")
        graph = tflite.Model.GetRootAsModel(data, 0).Subgraphs(0)
        return kinds[graph.Tensors(graph.Inputs(0)).Type()]
    except KeyError:
        raise ModelError(f"{path.name} takes neither int8 nor float32", "convert it with one of those types") from None
    except Exception as caught:  # the reader checks nothing: a damaged file fails anywhere in it
        raise ModelError(
            f"{path.name} is no TensorFlow Lite model, or a damaged one", "name a .tflite file"
        ) from caught
