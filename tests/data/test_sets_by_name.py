"""MNIST and Fashion-MNIST by name or by the folder with their files; anything else is a set of the user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.ends import UNIT, end
from toolkit import resources
from toolkit.data import Kind, choice, choose
from toolkit.data.loaders import idx
from toolkit.data.sets.catalogue import FASHION_MNIST, MNIST
from toolkit.data.sets.known import named
from toolkit.errors import DatasetError, UsageError
from toolkit.selection import Selection

DIGITS = ((end(28, 28, 1, **UNIT),), (end(10),))


def test_by_name_or_by_folder(tmp_path: Path) -> None:
    assert [named(Path(each)) for each in ("mnist", "fashion", "fashion-mnist", "emnist")] == [
        *(MNIST, FASHION_MNIST, FASHION_MNIST, None)
    ]
    assert named(tmp_path) is None
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    assert named(tmp_path) is MNIST
    with pytest.raises(DatasetError, match="t10k-"):
        choose(*DIGITS, Selection(data=tmp_path))


def test_a_set_of_ones_own_for_a_network_that_reads_digits(tmp_path: Path) -> None:
    path = tmp_path / "emnist-test-images-idx3-ubyte"
    path.write_bytes(idx.encode(np.full((3, 28, 28), 7, np.uint8)))
    (tmp_path / "emnist-test-labels-idx1-ubyte").write_bytes(idx.encode(np.array([1, 2, 3], np.uint8)))
    for data in (path, tmp_path):
        (samples,) = choose(*DIGITS, Selection(data=data)).sets  # and not the external images
        assert (len(samples), samples.task.kind, samples.labels.tolist()) == (3, Kind.CLASSIFY, [1, 2, 3])


def test_what_says_how_data_are_read_needs_data() -> None:
    for selection in (Selection(truth="y"), Selection(data=Path("mnist"), inputs=("x",)), Selection(resize="pad")):
        with pytest.raises(UsageError, match="says how a set of your own is read, and --data names none"):
            choose(*DIGITS, selection)
    with pytest.raises(UsageError, match=r"--images is for networks that read digits; this one takes \[1, 4\]"):
        choose((end(4),), (end(3),), Selection(images=Path("x")))


def test_pictures_of_digits_beside_a_set_of_ones_own(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 28, 28), np.uint8))
    found = choose(*DIGITS, Selection(data=tmp_path / "a.npz", images=resources.external_images()))
    assert [each.name for each in found.sets] == ["a", "images"] and "10 pictures of your own" in found.told
    (tmp_path / "a.npz").rename(tmp_path / "images.npz")
    found = choose(*DIGITS, Selection(data=tmp_path / "images.npz", images=resources.external_images()))
    assert len({each.name for each in found.sets}) == 2  # or the results of one would be lost
    assert choice.reads_digits(*DIGITS)
