"""Loaders are files in their room, or another package's: the first that suits a path reads it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import loaders
from toolkit.data.loaders import Wanted, idx
from toolkit.errors import DatasetError

ELEMENTS = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
LABELS = np.array([1, 0, 7], np.uint8)


def test_idx_files_with_and_without_labels(tmp_path: Path) -> None:
    path = tmp_path / "tiny-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx.encode(ELEMENTS)))
    alone = loaders.load(path)
    assert (alone.truth, alone.picture, alone.span) == (None, (2, 4), (0, 255))
    np.testing.assert_array_equal(alone.inputs[0], ELEMENTS)
    (tmp_path / "tiny-labels-idx1-ubyte").write_bytes(idx.encode(LABELS))
    for each in (path, tmp_path):
        found = loaders.load(each)
        assert found.truth is not None and found.truth.tolist() == [1, 0, 7]
        assert found.told == ("labels from tiny-labels-idx1-ubyte",)
    assert loaders.load(path, Wanted(truth="none")).truth is None
    (tmp_path / "tiny-labels-idx1-ubyte").write_bytes(idx.encode(LABELS[:2]))
    with pytest.raises(DatasetError, match=r"has 3 samples, .*tiny-labels-idx1-ubyte has 2 labels"):
        loaders.load(path)


def test_what_no_loader_knows(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_bytes(b"HDF")
    with pytest.raises(DatasetError, match="no format that is known") as caught:
        loaders.load(tmp_path / "x.h5")
    assert caught.value.hint.startswith("known: csv, idx, images, npy, npz, parquet, raw, wav;")
    with pytest.raises(DatasetError, match="a folder with nothing in it that is known"):
        loaders.load(tmp_path)
    with pytest.raises(DatasetError, match=r"y\.npz cannot be read: No such file"):
        loaders.load(tmp_path / "y.npz")
    with pytest.raises(DatasetError, match="there is no loader 'hdf'"):
        loaders.load(tmp_path, how="hdf")


FOREIGN = """
import numpy as np
from toolkit.data.loaders import Loaded

def suits(path):
    return path.suffix == ".numbers"

def load(path, wanted):
    rows = [[float(part) for part in line.split()] for line in path.read_text().splitlines()]
    return Loaded((np.array(rows, np.float32),))
"""


def test_another_package_brings_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numbers_loader.py").write_text(FOREIGN)
    about = tmp_path / "numbers_loader-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: numbers-loader\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tinyml.loaders]\nnumbers = numbers_loader\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert loaders.names() == ("csv", "idx", "images", "npy", "npz", "parquet", "raw", "wav", "numbers")
    (tmp_path / "walk.numbers").write_text("1 2 3\n4 5 6\n")
    assert loaders.load(tmp_path / "walk.numbers").inputs[0].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert len(loaders.load(tmp_path / "walk.numbers", how="numbers")) == 2
