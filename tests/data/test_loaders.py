"""Loaders are files in their room, or another package's: the first that suits a path reads it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from toolkit import data, resources
from toolkit.data import Kind, loaders
from toolkit.data.loaders import idx
from toolkit.errors import DatasetError

ELEMENTS = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
LABELS = np.array([1, 0, 7], np.uint8)


def test_idx_files_with_and_without_labels(tmp_path: Path) -> None:
    path = tmp_path / "tiny-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx.encode(ELEMENTS)))
    alone = data.load(path)
    assert (alone.name, alone.truth, alone.task.kind, alone.task.picture) == (
        "tiny-images-idx3-ubyte",
        None,
        Kind.NONE,
        (2, 4),
    )
    np.testing.assert_array_equal(alone.values, ELEMENTS)
    (tmp_path / "tiny-labels-idx1-ubyte").write_bytes(idx.encode(LABELS))
    assert data.load(path, name="tiny").labels.tolist() == [1, 0, 7]
    (tmp_path / "tiny-labels-idx1-ubyte").write_bytes(idx.encode(LABELS[:2]))
    with pytest.raises(DatasetError, match="2 truths for 3 samples"):
        data.load(path)


def test_a_folder_of_pictures() -> None:
    loaded = data.load(resources.external_images(), name="drawn")
    assert (loaded.name, len(loaded), loaded.names[3]) == ("drawn", 10, "3.png")


def test_what_no_loader_knows(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="no format that is known") as caught:
        data.load(tmp_path / "x.parquet")
    assert caught.value.hint == "known: folder, idx"
    with pytest.raises(DatasetError, match="is missing"):
        data.load(tmp_path / "y.npz")
    with pytest.raises(DatasetError, match="there is no loader 'csv'"):
        data.load(tmp_path, how="csv")


FOREIGN = """
import numpy as np
from toolkit.data import Samples

def suits(path):
    return path.suffix == ".numbers"

def load(path, name=None):
    rows = [[float(part) for part in line.split()] for line in path.read_text().splitlines()]
    return Samples(name or path.stem, (np.array(rows, np.float32),), source=str(path))
"""


def test_another_package_brings_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numbers_loader.py").write_text(FOREIGN)
    about = tmp_path / "numbers_loader-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: numbers-loader\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tinyml.loaders]\nnumbers = numbers_loader\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert loaders.names() == ("folder", "idx", "numbers")
    (tmp_path / "walk.numbers").write_text("1 2 3\n4 5 6\n")
    loaded = data.load(tmp_path / "walk.numbers")
    assert (loaded.name, loaded.real().tolist()) == ("walk", [[1, 2, 3], [4, 5, 6]])
    assert len(data.load(tmp_path / "walk.numbers", how="numbers")) == 2
