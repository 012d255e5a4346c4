"""A network as its framework has it, in the place of a `.tflite`: converted once, and kept in the workspace.

build/converted/<name>-<hash of source and converter>/
    record.json, float32.tflite, int8-<hash of the samples>.tflite
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from toolkit import __version__, convert
from toolkit.artifacts import DType, sha256_of, write_atomically
from toolkit.artifacts.base import Artifact
from toolkit.convert import calibration, job
from toolkit.errors import ModelError, TinymlError
from toolkit.listener import SILENT, Listener
from toolkit.models.finder import is_path
from toolkit.selection import Selection
from toolkit.tflite.ends import ends_of

LARGEST_SOURCE = 1 << 30
"""Bytes of a network's file or folder; a hundred times what any microcontroller holds."""

_RECORD = "record.json"


@dataclass(frozen=True)
class Converted:
    """A `.tflite` that was made of a network of the user's.

    Attributes:
        name: of the network.
        path: the `.tflite`.
        source: what it was made of; source_sha256: of its bytes, or of all files of a folder.
        changes: what was done to it, each in words that follow "with ...".
        float32: the same network in float32.
    """

    name: str
    path: Path
    source: Path
    source_sha256: str
    changes: tuple[str, ...]
    float32: Path


@dataclass(frozen=True)
class _Record(Artifact):
    """What lies in the folder: file -> SHA-256, and file -> what was done."""

    files: dict[str, str]
    changes: dict[str, tuple[str, ...]]


def is_source(name_or_path: str, workspace: Path) -> bool:
    """Whether a model has to be converted before it can be built: a path that a converter suits."""
    return is_path(name_or_path, workspace) and convert.finder(Path(name_or_path)) is not None


def converted(
    source: Path,
    dtype: DType,
    asked: Selection,
    workspace: Path,
    *,
    per_tensor: bool = False,
    listener: Listener = SILENT,
) -> Converted:
    """The network as a `.tflite` of this type: made now, or before of the same source, converter and samples.

    Args:
        asked: for int8: the set whose samples give the ranges.
        per_tensor: one scale for each dense layer.

    Raises:
        ModelError: it cannot be read, or not be converted as it is.
        TrainError: the framework's converter refuses it.
        UsageError, DatasetError: there are no samples, or none that fit.
        ToolError: a package that converts is not installed.
    """
    found = convert.finder(source)
    if found is None:
        raise ModelError(f"{source} is no network that can be converted", "name a .keras, .h5 or SavedModel")
    if dtype is DType.INT8:
        calibration.named(asked, source.name)
    digest = hash_of(source)
    by = _versions(found[1].PACKAGES)
    key = sha256_of(f"{digest} {by} tinyml {__version__}".encode())
    called = _called(source)
    plain = re.sub(r"[^A-Za-z0-9_.+-]", "_", called)[:80].lstrip(".-") or "_"
    folder = workspace / "build" / "converted" / f"{plain}-{key[:16]}"
    name = _kept(folder, dtype, asked, source.name, per_tensor=per_tensor)
    if name is None:
        listener.say(f"converting {source.name} to {dtype} with {by}")
        name = _made(folder, source, dtype, asked, by, per_tensor=per_tensor)
        if hash_of(source) != digest:
            (folder / _RECORD).unlink()  # what lies there may be of either
            raise ModelError(f"{source.name} changed while it was converted", "call it again once it is written")
    changes = _Record.load(folder / _RECORD).changes[name]
    return Converted(called, folder / name, source, digest, changes, folder / job.FLOAT32)


def _called(source: Path) -> str:
    whole = source.resolve()
    return whole.name if whole.is_dir() else whole.stem


def hash_of(source: Path) -> str:
    """SHA-256 of a file, or over all files of a folder, their paths among it.

    Raises:
        ModelError: it cannot be read, or is absurdly large.
    """
    digest, total = hashlib.sha256(), 0
    try:
        files = _inside(source) if source.is_dir() else [source]
        for each in files:
            total += each.stat().st_size
            if total > LARGEST_SOURCE:
                raise ModelError(
                    f"{source.name} is larger than {LARGEST_SOURCE >> 30} GiB", "no microcontroller holds that much"
                )
            data = each.read_bytes()
            if source.is_dir():
                digest.update(f"{each.relative_to(source).as_posix()} {len(data)};".encode())
            digest.update(data)
    except OSError as caught:
        raise ModelError(f"{source} cannot be read: {caught.strerror}", "check its permissions") from caught
    return digest.hexdigest()


def _inside(folder: Path) -> list[Path]:
    """All files in a folder, also behind links to folders, which a converter follows too; each folder once."""
    found: list[Path] = []
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        behind = {each: os.path.realpath(Path(place, each)) for each in sorted(folders)}
        folders[:] = [each for each, real in behind.items() if real not in seen]
        seen.update(behind.values())
        found += [path for path in (Path(place, name) for name in names) if path.is_file()]
    return sorted(found)


def _versions(packages: tuple[str, ...]) -> str:
    found = []
    for package in packages:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(package)  # whoever loads it says that it is missing
    return " and ".join(found)


def _int8(sha256: str, *, per_tensor: bool) -> str:
    return f"int8-{sha256[:16]}{'-per_tensor' if per_tensor else ''}.tflite"


def _kept(folder: Path, dtype: DType, asked: Selection, source: str, *, per_tensor: bool) -> str | None:
    """The name of the file, if it was made before and is whole."""
    try:
        record = _Record.load(folder / _RECORD)
    except TinymlError:
        return None
    if not _whole(folder, record, job.FLOAT32):
        return None
    if dtype is DType.FLOAT32:
        return job.FLOAT32
    read = calibration.read(ends_of((folder / job.FLOAT32).read_bytes()), asked, source)
    name = _int8(read.sha256, per_tensor=per_tensor)
    return name if _whole(folder, record, name) else None


def _whole(folder: Path, record: _Record, name: str) -> bool:
    try:
        return sha256_of((folder / name).read_bytes()) == record.files.get(name)
    except OSError:
        return False


def _made(folder: Path, source: Path, dtype: DType, asked: Selection, by: str, *, per_tensor: bool) -> str:
    with tempfile.TemporaryDirectory(prefix="tinyml-") as place:
        done = job.run(source, dtype, asked, Path(place), per_tensor=per_tensor)
        made = {job.FLOAT32: (Path(place) / job.FLOAT32).read_bytes()}
        changes = {job.FLOAT32: (f"its conversion to float32 by {by}", *done.changes)}
        name = job.FLOAT32
        if dtype is DType.INT8:
            name = _int8(done.calibration_sha256, per_tensor=per_tensor)
            made[name] = (Path(place) / job.INT8).read_bytes()
            how = f"its conversion to int8 by {by}, calibrated with {done.calibrated}"
            changes[name] = (how, *done.changes)
    try:
        record = _Record.load(folder / _RECORD)
    except TinymlError:
        record = _Record({}, {})
    for file, data in made.items():
        write_atomically(folder / file, data)
    dataclasses.replace(
        record,
        files=record.files | {file: sha256_of(data) for file, data in made.items()},
        changes=record.changes | changes,
    ).save(folder / _RECORD)
    return name
