"""How an artifact is written and read: a JSON round trip, whole files or none."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from toolkit import files
from toolkit.errors import TinymlError

OPTIMISATIONS = ("balanced", "speed", "size")
"""What a network can be compiled for, the default first: nearly the speed of `speed` where weights stay bytes."""


class DType(StrEnum):
    """What a model computes with: integers (quantised ones, of any width at its ends), or float32 throughout."""

    INT8 = "int8"
    FLOAT32 = "float32"


class Runtime(StrEnum):
    """The engine in the firmware: our compiler's C, or TensorFlow Lite Micro's interpreter."""

    AOT = "aot"
    TFLM = "tflm"


def to_jsonable(value: Any) -> Any:
    """Dataclasses, paths and enums as plain JSON values; keys in the order of declaration."""
    import msgspec

    return msgspec.to_builtins(value, str_keys=True, enc_hook=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not to be written as JSON")


def from_jsonable(kind: Any, value: Any) -> Any:
    """What `to_jsonable` was given, from its plain JSON values; `kind` is its type.

    Raises:
        ValueError: it is not: a file that another hand has changed is refused when it is read.
    """
    import msgspec

    try:
        return msgspec.convert(value, kind, dec_hook=_from_plain)
    except msgspec.ValidationError as caught:
        raise ValueError(str(caught)) from caught


def _from_plain(kind: Any, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"{value!r:.40} where {kind.__name__} is due")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a full disk or a crash leaves the old file.

    Raises:
        TinymlError: the file system refused; the message gives its reason. Or a device has that name: root could put a
            file in the place of /dev/null.
    """
    if files.is_device(path):
        raise TinymlError(f"cannot write {path}: it is a device", "name an ordinary file")
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.fresh(partial) as stream:
            stream.write(data)
        files.replace(partial, path)
    except OSError as caught:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise TinymlError(
            f"cannot write {path}: {caught.strerror}", "free some space, or check the permissions"
        ) from caught


def read_json(path: Path) -> Any:
    """The JSON value in a file.

    Raises:
        OSError, ValueError, RecursionError: it cannot be read, or is no JSON.
    """
    if path.exists() and not path.is_file():
        raise OSError("it is no ordinary file")  # a pipe would never end
    return json.loads(path.read_text(encoding="utf-8"))


def sha256_of(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def seal_of(record: dict[str, Any], *, without: Iterable[str] = ()) -> str:
    """SHA-256 of a record as JSON, without its own `record_sha256` and the keys that are named.

    It finds a hand that changes a word, not one that means to deceive: that one can make a seal as well.
    """
    told = {key: value for key, value in record.items() if key not in (*without, "record_sha256")}
    return sha256_of(json.dumps(told, sort_keys=True).encode())


@dataclass(frozen=True)
class Artifact:
    """Base of everything that is stored as JSON."""

    def save(self, path: Path) -> None:
        """Write as indented JSON, whole or not at all."""
        write_atomically(path, (json.dumps(to_jsonable(self), indent=2) + "\n").encode())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read back what `save` wrote; keys of a newer version are passed over.

        Raises:
            TinymlError: the file is missing, or is not what `save` wrote.
        """
        try:
            return typing.cast(Self, from_jsonable(cls, read_json(path)))
        except FileNotFoundError as caught:
            raise TinymlError(f"{path} is missing", "run the command that makes it first") from caught
        except (OSError, ValueError, TypeError, KeyError, AttributeError, StopIteration, RecursionError) as caught:
            raise TinymlError(
                f"{path} is not a readable {cls.__name__}: {caught}", "delete it and make it again"
            ) from caught
