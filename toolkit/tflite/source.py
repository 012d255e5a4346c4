"""What a path leads to, judged by its bytes: a .tflite under any name, a C array of one, or something else, by name."""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import ModelError
from toolkit.tflite.description import IDENTIFIER

LARGEST_FILE = 64 << 20
"""Bytes; the flash of a microcontroller is a hundredth of that."""

_HEAD = 4096
_KERAS = "tf.lite.TFLiteConverter.from_keras_model(keras.models.load_model(...)).convert()"
_SAVED = "convert it: tf.lite.TFLiteConverter.from_saved_model(folder).convert()"
_PYTORCH = "convert it to a .tflite: litert-torch, or torch.onnx.export and then onnx2tf"
_ARRAY = re.compile(rb"\{([\s0-9a-fA-FxXuU,]*)\}")
_IDENTIFIER_IN_C = re.compile(
    rb"0x54u?\s*,\s*0x46u?\s*,\s*0x4cu?\s*,\s*0x33|84u?\s*,\s*70u?\s*,\s*76u?\s*,\s*51", re.IGNORECASE
)

# Where, which bytes, what that is, and how a .tflite is made of it.
_MARKS: tuple[tuple[int, tuple[bytes, ...], str, str], ...] = (
    (4, (b"TFL",), "a TensorFlow Lite file of another generation", "convert it with a current TensorFlow"),
    (4, (b"ORTM",), "an ONNX Runtime model", "convert its .onnx: onnx2tf -i FILE -oiqt"),
    (0, (b"\x89HDF\r\n\x1a\n",), "a Keras model in HDF5 (.h5)", f"convert it: {_KERAS}"),
    (0, tuple(bytes((0x80, number)) for number in range(2, 6)), "a Python pickle, perhaps of PyTorch (.pt)", _PYTORCH),
    (0, (b"\x1f\x8b",), "compressed with gzip", "unpack it first: gunzip, or tar xzf"),
)
# As text, in lower case.
_TEXTS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b"version https://git-lfs",), "a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    ((b"<!doctype html", b"<html"), "a web page", "download the file itself, the raw one"),
    ((b"{", b"["), "JSON", "a Keras configuration has no weights: convert the whole model"),
)


@dataclass(frozen=True)
class Source:
    """A network's bytes as they came.

    Attributes:
        tflite: the .tflite.
        file: the whole file's bytes; the same, unless the network stood in a C array.
    """

    tflite: bytes
    file: bytes


def read(path: Path) -> Source:
    """The network in a file.

    Raises:
        ModelError: it cannot be read, is no regular file, too large, or something else than a .tflite; the message
            says what it is, the hint how a .tflite is made of it.
    """
    data = _content(path)
    if data[4:8] == IDENTIFIER:
        return Source(data, data)
    found = _from_c(data)
    if found is not None:
        return Source(found, data)
    what, hint = _kind(data, path)
    raise ModelError(f"{path.name} is {what}, no TensorFlow Lite model", hint)


def _content(path: Path) -> bytes:
    try:
        # Not to wait where it is a FIFO that nobody writes to; and what was opened is what is looked at.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as caught:  # a NUL in the name
        raise ModelError(f"{path} cannot be read: {caught}", "check the path") from caught
    except OSError as caught:
        if os.path.isdir(path):  # noqa: PTH112 - unlike Path's, it never raises
            raise _folder(path) from caught
        raise ModelError(f"{path} cannot be read: {caught.strerror}", "check the path") from caught
    try:
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                if path.is_dir():
                    raise _folder(path)
                raise ModelError(f"{path} is no regular file", "name a .tflite file")
            data = stream.read(LARGEST_FILE + 1)
    except IsADirectoryError as caught:  # some systems open a folder, and refuse to make a stream of it
        raise _folder(path) from caught
    except OSError as caught:
        raise ModelError(f"{path} cannot be read: {caught.strerror}", "check the path") from caught
    if len(data) > LARGEST_FILE:
        raise ModelError(
            f"{path.name} is larger than {LARGEST_FILE >> 20} MiB", "no microcontroller holds such a network"
        )
    return data


def _folder(path: Path) -> ModelError:
    if any((path / name).is_file() for name in ("saved_model.pb", "saved_model.pbtxt")):
        return ModelError(f"{path} is a SavedModel, no TensorFlow Lite model", _SAVED)
    inside = sorted(each.name for each in path.glob("*") if each.suffix.lower() in (".tflite", ".lite"))
    return ModelError(
        f"{path} is a folder", f"name a file in it: {', '.join(inside[:5])}" if inside else "name a .tflite file"
    )


def _from_c(data: bytes) -> bytes | None:
    """The .tflite in a C array, as `xxd -i` writes it; None where there is not exactly one."""
    if b"\0" in data[:_HEAD] or not _IDENTIFIER_IN_C.search(data):
        return None
    found = []
    for array in _ARRAY.finditer(_without_comments(data)):
        words = array[1].replace(b",", b" ").split()
        try:
            numbers = bytes(int(word.rstrip(b"uU"), 0) for word in words)
        except ValueError:
            continue
        if numbers[4:8] == IDENTIFIER:
            found.append(numbers)
    return found[0] if len(found) == 1 else None


def _without_comments(text: bytes) -> bytes:
    kept, at = [], 0
    for start in re.finditer(rb"/[/*]", text):
        if start.start() < at:
            continue
        kept.append(text[at : start.start()])
        mark = b"\n" if start[0] == b"//" else b"*/"
        end = text.find(mark, start.end())
        if end < 0:
            return b"".join(kept)
        at = end + len(mark)
    return b"".join((*kept, text[at:]))


def _kind(data: bytes, path: Path) -> tuple[str, str]:
    """What a file is, and how a .tflite is made of it."""
    head = data[:_HEAD]
    text = head.lstrip().lower()
    if not data:
        return "empty", "download it, or convert it, again"
    for at, prefixes, what, hint in _MARKS:
        if head[at:].startswith(prefixes):
            return what, hint
    for prefixes, what, hint in _TEXTS:
        if text.startswith(prefixes):
            return what, hint
    if head.startswith(b"PK"):
        return _archive(data)
    is_graph = path.suffix.lower() in (".pb", ".pbtxt")
    # Both are protocol buffers, which have no identifier: ONNX starts with its version, a SavedModel with its own.
    if re.match(rb"\x08[\x01-\x20][\x12\x1a\x22\x3a\x42]", head) and not is_graph:
        return "an ONNX model", "convert it: onnx2tf -i FILE -oiqt, or export a .tflite from the framework"
    if is_graph:
        return "a graph of TensorFlow (.pb)", _SAVED
    if _is_text(head):
        array = "C, but not with one array of a .tflite" if _IDENTIFIER_IN_C.search(data) else "a text"
        return array, "name a .tflite, or a C array of one as `xxd -i` writes it"
    return "of an unknown kind", "name a .tflite file"


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 27 for byte in head)


def _archive(data: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "a damaged zip archive", "download it again"
    if "model.weights.h5" in inside or {"config.json", "metadata.json"} <= set(inside):
        return "a Keras model (.keras)", f"convert it: {_KERAS}"
    if any(name.endswith("data.pkl") for name in inside):
        return "a PyTorch model (.pt)", _PYTORCH
    networks = [name for name in inside if name.lower().endswith((".tflite", ".lite"))]
    if networks:
        return "a zip archive", f"unpack it, and name one of: {', '.join(name[:60] for name in networks[:5])}"
    if inside and all(name.endswith(".npy") for name in inside):
        return "an archive of NumPy arrays (.npz)", "name a .tflite file"
    return "a zip archive", "name a .tflite file"
