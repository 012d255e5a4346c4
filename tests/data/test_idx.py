import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from toolkit.data.loaders import idx
from toolkit.errors import DatasetError


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, max_side=9)))
def test_decode_gives_back_what_encode_was_given(array: np.ndarray) -> None:
    np.testing.assert_array_equal(idx.decode(idx.encode(array), "x"), array)


def test_header_is_big_endian_as_in_the_original_files() -> None:
    assert idx.encode(np.zeros((3, 2), np.uint8))[:12] == bytes.fromhex("000008020000000300000002")


@given(st.integers(0, 19))
def test_a_truncated_file_is_named(length: int) -> None:
    whole = idx.encode(np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    assert len(whole) == 22
    with pytest.raises(DatasetError, match=r"labels\.idx"):
        idx.decode(whole[:length], "labels.idx")


def test_a_file_that_is_too_long_is_refused() -> None:
    with pytest.raises(DatasetError, match="has 14 bytes where its header says 13"):
        idx.decode(idx.encode(np.zeros(5, np.uint8)) + b"\0", "x")


def test_gzip_is_told_by_the_suffix_and_damage_is_an_error(tmp_path: Path) -> None:
    good = tmp_path / "a.gz"
    good.write_bytes(gzip.compress(b"abc"))
    assert idx.read(good) == b"abc"
    for broken in (gzip.compress(b"abc" * 100)[:-9], b"not gzip"):
        good.write_bytes(broken)
        with pytest.raises(DatasetError, match=r"a\.gz cannot be read"):
            idx.read(good)
