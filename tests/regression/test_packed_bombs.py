"""A `.gz` or `.npz` of a few kilobytes that unpacks to gigabytes, or says so: an internal error, or all memory gone."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.test_sources import SET
from toolkit.data.loaders import idx
from toolkit.data.sets import sources
from toolkit.data.sets.catalogue import FILES
from toolkit.errors import DatasetError

FILE = FILES["test"][0]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "MOST_BYTES", 10_000)


def test_gz(tmp_path: Path) -> None:
    (tmp_path / f"{FILE}.gz").write_bytes(gzip.compress(bytes(20_000)))
    with pytest.raises(DatasetError, match="more than 10,000 bytes"):
        sources.from_folder(tmp_path, (FILE,), SET)


def test_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(bytes(20_000))
    with pytest.raises(DatasetError, match="more than 10,000 bytes"):
        sources.from_folder(tmp_path, (FILE,), SET)


def _npy(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_test.npy", content)
    return packed.getvalue()


def _header(shape: str, dtype: str = "|u1", version: bytes = b"\x01\x00") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text.encode()


BOMBS: dict[str, Callable[[], bytes]] = {
    "unpacks to more": lambda: _npy(_header("(20000,)") + bytes(20_000)),
    "claims to be huge": lambda: _npy(_header("(1000000000000000,)") + b"1"),
    "claims to be huger": lambda: _npy(_header(f"({10**30}, {10**30})") + b"1"),
    "negative": lambda: _npy(_header("(-5,)") + b"1"),
    "objects": lambda: _npy(_header("(1,)", "|O") + b"12345678"),
    "another version": lambda: _npy(_header("(1,)", version=b"\x09\x00") + b"1"),
    "brackets": lambda: _npy(_header("(" * 90)),
    "no npy": lambda: _npy(b"x"),
    "no zip": lambda: b"PK\x03\x04",
    "another method": lambda: _npy(b"1" * 100).replace(b"\x08\x00", b"\x63\x00"),
    "encrypted": lambda: _npy(b"1" * 100).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
    "damaged": lambda: _npy(_header("(9,)") + b"123456789")[:-40] + bytes(40),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_npz(bomb: str) -> None:
    with pytest.raises(DatasetError) as caught:
        sources.from_npz(BOMBS[bomb](), (FILE,), "mnist.npz", SET)
    assert "mnist.npz" in caught.value.message


def test_npz_on_disk(tmp_path: Path) -> None:
    (tmp_path / "toy.npz").write_bytes(bytes(20_000))
    with pytest.raises(DatasetError, match="more than 10,000 bytes"):
        sources.from_folder(tmp_path, (FILE,), SET)


@pytest.mark.parametrize("dimensions", [9, 70, 255])
def test_an_idx_file_of_many_dimensions(dimensions: int) -> None:
    with pytest.raises(DatasetError, match="no IDX file"):
        idx.decode(bytes((0, 0, 8, dimensions)) + bytes((0, 0, 0, 1)) * dimensions + b"\0", "x")


def test_an_idx_file_whose_sizes_overflow() -> None:
    with pytest.raises(DatasetError, match="where its header says"):
        idx.decode(bytes((0, 0, 8, 3)) + b"\x80\x00\x00\x00" * 3 + b"\0", "x")


def test_what_is_right_is_still_read() -> None:
    array = np.arange(12, dtype=np.int64).reshape(3, 4)
    packed = io.BytesIO()
    np.savez_compressed(packed, x_test=array)
    with zipfile.ZipFile(packed) as archive:
        assert np.array_equal(sources._array(archive, "x_test", "here"), array.astype(np.uint8))
