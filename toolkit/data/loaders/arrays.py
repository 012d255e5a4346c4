"""Arrays in NumPy's own format, read with care: the header first, never a pickle, no more than is wanted."""

from __future__ import annotations

import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from toolkit.data.loaders.base import Elements, Loaded, Wanted, bounded
from toolkit.data.tensor import Tensor, plain
from toolkit.errors import DatasetError

_INPUTS = ("x", "inputs", "input", "images", "image", "data", "features", "samples")
_TRUTHS = ("y", "labels", "label", "truth", "targets", "target", "classes", "outputs", "output")
_DAMAGED = (
    *(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, MemoryError, OverflowError),
    *(RuntimeError, NotImplementedError),  # zipfile's words for "encrypted" and "packed in a way unknown to me"
)
_NUMBERS = "biuf"


@dataclass(frozen=True)
class Header:
    """What an array says of itself: [N, ...] elements of a type; Fortran's order lies across the samples."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool

    @property
    def sample(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.shape[1:]

    @property
    def count(self) -> int:
        """How many samples there are."""
        return self.shape[0] if self.shape else 0


Open = Callable[[], IO[bytes]]


def read_header(stream: IO[bytes], where: str) -> Header:
    """The header at the start of an array; the stream stands behind it then.

    Raises:
        DatasetError: it is damaged, or the array holds Python objects, which only a pickle could give back.
    """
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        with warnings.catch_warnings(action="ignore"):
            shape, fortran, dtype = read(stream)
    except Exception as caught:  # NumPy reads it as Python, and a damaged one fails anywhere in that
        raise DatasetError(f"{where} is no array of NumPy's, or is damaged", "write it anew with np.save") from caught
    if any(size < 0 for size in shape):
        raise DatasetError(f"{where} is damaged: its shape is {list(shape)}", "write it anew with np.save")
    if dtype.hasobject:
        raise DatasetError(f"{where} holds Python objects (a pickle), which are never read", "save an array of numbers")
    if dtype.kind not in _NUMBERS + "SU":
        raise DatasetError(f"{where} holds {dtype}, no numbers", "save int8, uint8, int16, float32 or class names")
    return Header(shape, dtype, fortran and len(shape) > 1)


def read_array(stream: IO[bytes], where: str, limit: int | None) -> Elements:
    """The first samples of an array, [N, ...]; its header is believed only as far as its bytes go.

    Raises:
        DatasetError: as `read_header`; it has no samples, is cut off, or is larger than what is read at once.
    """
    header = read_header(stream, where)
    if not header.count:
        raise DatasetError(f"{where} has no samples: its shape is {list(header.shape)}", "name another array")
    count = header.count if limit is None else min(limit, header.count)
    each = math.prod(header.sample) * header.dtype.itemsize
    read = header.count if header.fortran else count
    bounded(read, each, where)
    data = stream.read(read * each)
    if len(data) != read * each:
        raise DatasetError(f"{where} is cut off: {len(data):,} bytes of {read * each:,}", "write it anew with np.save")
    if header.fortran:
        whole = np.frombuffer(data, header.dtype).reshape(header.shape[::-1]).transpose()
        return np.ascontiguousarray(whole[:count])
    return np.frombuffer(data, header.dtype).reshape(count, *header.sample)


@contextmanager
def told_of(where: str) -> Iterator[None]:
    """Whatever a damaged file makes of its reader as one line.

    Raises:
        DatasetError: the block failed on the file.
    """
    try:
        yield
    except _DAMAGED as caught:
        said = next(iter(str(caught).splitlines()), "") or type(caught).__name__
        raise DatasetError(f"{where} is damaged or of another format: {said}", "write it anew") from caught


@contextmanager
def opened(path: Path) -> Iterator[tuple[dict[str, Open], str]]:
    """The arrays of a `.npz`, a `.npy` with the truth beside it, or a folder of these: how each is opened, by name, and
    the file in words.

    Raises:
        DatasetError: it is damaged.
    """
    if path.is_dir():
        yield {each.stem: _opener(each) for each in sorted(path.glob("*.npy"))}, str(path)
    elif path.suffix == ".npy":
        beside = (path.with_name(f"{name}.npy") for name in _beside(path.stem))
        yield {each.stem: _opener(each) for each in (path, *(each for each in beside if each.is_file()))}, str(path)
    else:
        with told_of(str(path)), zipfile.ZipFile(path) as held:
            members = [each for each in held.namelist() if each.endswith(".npy")]
            if not members:
                raise DatasetError(f"{path} holds no arrays", "write it with np.savez")
            yield {each.removesuffix(".npy"): _member(held, each) for each in members}, str(path)


def _beside(stem: str) -> Iterator[str]:
    """What the truth beside `x_test.npy` may be called: its own name with `x` for one of the usual names."""
    for named in _INPUTS:
        parts = re.split(rf"(?<![A-Za-z])({named})(?![A-Za-z])", stem, maxsplit=1, flags=re.IGNORECASE)
        if len(parts) == 3:
            yield from (f"{parts[0]}{truth}{parts[2]}" for truth in _TRUTHS)


def _opener(path: Path) -> Open:
    def open_file() -> IO[bytes]:
        return path.open("rb")

    return open_file


def _member(held: zipfile.ZipFile, name: str) -> Open:
    def open_member() -> IO[bytes]:
        return held.open(name)

    return open_member


def find(path: Path, wanted: Wanted) -> Loaded:
    """The arrays that are wanted: as named, or by their names, and that is said.

    Raises:
        DatasetError: a key is missing or may be several, an array is damaged, or counts differ.
    """
    told: list[str] = []
    with opened(path) as (held, where), told_of(where):
        headers = {}
        for key, opener in held.items():
            with opener() as stream:
                try:
                    headers[key] = read_header(stream, f"{where}: {key}")
                except DatasetError:
                    if not wanted.keys or key in (*wanted.keys, wanted.truth):
                        raise
        keys = _inputs(headers, wanted, where, told)
        truth = None if wanted.without_truth else _truth(headers, keys, wanted, where, told)

        def read(key: str) -> Elements:
            with held[key]() as stream:
                return read_array(stream, f"{where}: {key}", wanted.limit)

        for key in keys:
            if headers[key].dtype.kind not in _NUMBERS:
                raise DatasetError(f"{where}: {key} holds text, no numbers", f"keys: {_listed(headers)}")
        bounded_together(headers, keys, wanted.limit, where)
        inputs = tuple(read(key) for key in keys)
        answers = None if truth is None else read(truth)
        for key in (*keys, *(() if truth is None else (truth,))):
            if headers[key].count != headers[keys[0]].count:
                raise DatasetError(
                    f"{where}: {key} has {headers[key].count:,} samples, {keys[0]} has {headers[keys[0]].count:,}",
                    "each needs one row a sample",
                )
    found = {"inputs": keys} | ({} if truth is None else {"truth": (truth,)})
    return Loaded(inputs, answers, told=tuple(told), found=found, whole=headers[keys[0]].count)


def bounded_together(headers: Mapping[str, Header], keys: tuple[str, ...], limit: int | None, where: str) -> None:
    """Hold all inputs together against what is read at once.

    Raises:
        DatasetError: they are more.
    """
    count = min(headers[keys[0]].count, limit or headers[keys[0]].count)
    bounded(count, sum(math.prod(headers[key].sample) * headers[key].dtype.itemsize for key in keys), where)


def _inputs(headers: Mapping[str, Header], wanted: Wanted, where: str, told: list[str]) -> tuple[str, ...]:
    """The keys of the inputs."""
    count = len(wanted.inputs) or len(wanted.keys) or 1
    if wanted.keys:
        if len(wanted.keys) != count:
            raise DatasetError(
                f"--inputs names {len(wanted.keys)}, the network has {count} {'input' if count == 1 else 'inputs'}",
                "name one for each, in the network's order",
            )
        return tuple(_named(key, headers, where) for key in wanted.keys)
    found = _by_tensors(headers, wanted.inputs) or (
        _alone(headers, wanted) if count == 1 else _numbered(headers, count)
    )
    if not found:
        example = ",".join(list(headers)[:count]) if len(headers) >= count else "KEY"
        raise DatasetError(
            f"{where}: which keys are the inputs? It has {_listed(headers)}", f"name them: --inputs {example}"
        )
    told.append(f"inputs from {' and '.join(found)}")
    return found


def _listed(headers: Mapping[str, Header]) -> str:
    shown = [f"{key} [{', '.join(map(str, header.shape))}]" for key, header in list(headers.items())[:8]]
    return ", ".join(shown) + (f" and {len(headers) - 8} more" if len(headers) > 8 else "")


def _named(key: str, headers: Mapping[str, Header], where: str) -> str:
    stem = key.removesuffix(".npy")
    if stem not in headers:
        raise DatasetError(f"{where} has no {key!r}", f"keys: {_listed(headers)}")
    return stem


def _by_tensors(headers: Mapping[str, Header], tensors: tuple[Tensor, ...]) -> tuple[str, ...]:
    """The keys that are called as the network's inputs are; none if one is missing."""
    names = tuple(plain(each.name) for each in tensors)
    return names if names and len(set(names)) == len(names) and all(name in headers for name in names) else ()


def _spelt(stems: tuple[str, ...], split: str) -> Iterator[str]:
    other = "train" if split == "test" else "test"
    for part in (split, None, other):
        for stem in stems:
            yield from (stem,) if part is None else (f"{stem}_{part}", f"{part}_{stem}")


def _called(headers: Mapping[str, Header], stems: tuple[str, ...], split: str) -> str | None:
    lower = {key.lower(): key for key in headers}
    return next((lower[name] for name in _spelt(stems, split) if name in lower), None)


def _alone(headers: Mapping[str, Header], wanted: Wanted) -> tuple[str, ...]:
    """The one input: by its usual names, the only array, or the only one with samples of this size."""
    usual = _called(headers, _INPUTS, wanted.split)
    if usual is not None:
        return (usual,)
    if len(headers) == 1:
        return tuple(headers)
    if not wanted.inputs:
        return ()
    size = wanted.inputs[0].elements
    fitting = [key for key, each in headers.items() if each.count and math.prod(each.sample) == size]
    return tuple(fitting) if len(fitting) == 1 else ()


def _numbered(headers: Mapping[str, Header], count: int) -> tuple[str, ...]:
    """`x1`, `x2`, or `input_0`, `input_1`, counted from 0 or 1."""
    lower = {key.lower(): key for key in headers}
    for stem in _INPUTS:
        for sign in ("", "_"):
            for start in (1, 0):
                names = [f"{stem}{sign}{start + place}" for place in range(count)]
                if all(name in lower for name in names):
                    return tuple(lower[name] for name in names)
    return ()


def _truth(
    headers: Mapping[str, Header], keys: tuple[str, ...], wanted: Wanted, where: str, told: list[str]
) -> str | None:
    if wanted.truth is not None:
        return _named(wanted.truth, headers, where)
    others = {key: each for key, each in headers.items() if key not in keys}
    # Of the same part as the inputs: x_train is never held against y_test.
    part = next((part for part in ("test", "train") if part in keys[0].lower()), wanted.split)
    found = _called(others, _TRUTHS, part)
    other = "train" if part == "test" else "test"
    if found is not None and other in found.lower():
        same = others[found].count == headers[keys[0]].count
        found = found if same and part not in keys[0].lower() else None
    if found is not None:
        told.append(f"truth from {found}")
    return found


def read_alone(path: Path, limit: int | None, whole: int) -> Elements:
    """The first samples of the array in a `.npy`.

    Args:
        whole: how many it must have in all: answers of another set do not become these samples' by being cut; 0: not
            known.

    Raises:
        DatasetError: as `read_array`, or it has another number of them.
    """
    with told_of(str(path)), path.open("rb") as stream:
        count = read_header(stream, str(path)).count
        if whole and count != whole:
            raise DatasetError(f"{path} has {count:,} answers, the data have {whole:,} samples", "one for each")
        stream.seek(0)
        return read_array(stream, str(path), limit)
