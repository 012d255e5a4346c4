"""A file is judged by its bytes, whatever it is called."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from tests.tflite import files
from toolkit.errors import ModelError
from toolkit.tflite import source

NETWORK = files.unary("RELU")


def xxd(data: bytes, before: str = "", number: str = "0x{:02x}") -> bytes:
    body = ",\n  ".join(number.format(byte) for byte in data)
    return f"{before}alignas(16) const unsigned char g_model[] = {{\n  {body},\n}};\nconst int g_len = 7;\n".encode()


@pytest.mark.parametrize("name", ["good.lite", "GOOD.TFLITE", "good", "good.h", "good.keras"])
def test_a_network_under_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(NETWORK)
    assert source.read(path).tflite == NETWORK


@pytest.mark.parametrize("number", ["0x{:02x}", "{}", "0x{:02X}u"])
def test_a_c_array(tmp_path: Path, number: str) -> None:
    path = tmp_path / "model.h"
    text = xxd(NETWORK, "/* int x[] = {1}; // */\nint other[] = {1, 2};\n", number)
    path.write_bytes(text)
    assert source.read(path) == source.Source(NETWORK, text)


def refused(path: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        source.read(path)
    assert "\n" not in caught.value.message + caught.value.hint
    assert caught.value.hint
    return caught.value


def archive(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return path


@pytest.mark.parametrize(
    ("name", "content", "what", "hint"),
    [
        ("m.h5", b"\x89HDF\r\n\x1a\n" + bytes(90), "Keras model in HDF5", "from_keras_model"),
        ("m.onnx", b"\x08\x08\x12\x07pytorch", "an ONNX model", "onnx2tf"),
        ("m.ort", b"\x24\0\0\0ORTM", "ONNX Runtime", "onnx2tf"),
        ("m.pt", b"\x80\x02}q\x00.", "pickle", "litert-torch"),
        ("saved_model.pb", b"\x08\x01\x12\x07abcdefg", "graph of TensorFlow", "from_saved_model"),
        ("m.tflite", b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS", "git lfs pull"),
        ("m.tflite", b"<!DOCTYPE html><html>", "a web page", "raw"),
        ("m.json", b'{"class_name": "Sequential"}', "JSON", "convert"),
        ("m.tflite", b"\x1c\0\0\0TFL2", "another generation", "convert"),
        ("m.tflite", b"", "empty", "again"),
        ("m.tflite", b"no model", "a text", "name a .tflite"),
        ("m.tflite", bytes(range(256)), "of an unknown kind", "name a .tflite"),
        ("m.tgz", b"\x1f\x8b\x08\0", "gzip", "unpack"),
        ("m.zip", b"PK\x03\x04nothing", "damaged zip", "again"),
        ("m.h", xxd(NETWORK) + xxd(NETWORK), "not with one array", "xxd"),
    ],
)
def test_another_file_is_named_with_the_way_to_a_tflite(
    tmp_path: Path, name: str, content: bytes, what: str, hint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = refused(path)
    assert what in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("inside", "what", "hint"),
    [
        (("metadata.json", "config.json", "model.weights.h5"), "Keras model (.keras)", "from_keras_model"),
        (("archive/data.pkl", "archive/version"), "PyTorch model", "litert-torch"),
        (("a/net.tflite", "readme"), "a zip archive", "a/net.tflite"),
        (("x.npy", "y.npy"), "NumPy", "name a .tflite"),
        (("readme",), "a zip archive", "name a .tflite"),
    ],
)
def test_an_archive_is_named(tmp_path: Path, inside: tuple[str, ...], what: str, hint: str) -> None:
    error = refused(archive(tmp_path / "m.any", *inside))
    assert what in error.message
    assert hint in error.hint


def test_folders(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path).message
    (tmp_path / "net.lite").touch()
    assert "net.lite" in refused(tmp_path).hint
    (tmp_path / "saved_model.pb").touch()
    error = refused(tmp_path)
    assert "is a SavedModel" in error.message
    assert "from_saved_model" in error.hint


def test_what_is_not_there_or_cannot_be(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refused(tmp_path / "x.tflite").message
    assert "cannot be read" in refused(tmp_path / "x\0.tflite").message
    assert "cannot be read: File name too long" in refused(tmp_path / ("x" * 400)).message


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.tflite"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), source.LARGEST_FILE + 1)
    assert "larger than 64 MiB" in refused(path).message


def test_comments_that_never_end_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "model.h"
    path.write_bytes(b"0x54,0x46,0x4c,0x33 " + b"/*/" * 2_000_000)
    assert "not with one array" in refused(path).message
