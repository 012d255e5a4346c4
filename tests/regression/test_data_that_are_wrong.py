"""Data of a user's own that are damaged or do not fit: one line that names file and row, never a traceback."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.data.ends import end
from tests.data.test_formats import record
from toolkit import api
from toolkit.cli import options
from toolkit.data import own
from toolkit.errors import DatasetError, TinymlError, UsageError
from toolkit.selection import Selection

GOOD = np.zeros((3, 4), np.int8)


def refused(path: Path, said: str, *, takes: tuple[int, ...] = (4,), out: int = 3, **how: Any) -> TinymlError:
    with pytest.raises(TinymlError, match=said) as caught:
        own.read((end(*takes),), (end(out),), Selection(data=path, **how))
    assert "\n" not in caught.value.message and caught.value.hint
    return caught.value


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_a_pickle_in_an_npz(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=np.array([{"a": 1}, None], dtype=object), y=np.zeros(2, np.int8))
    assert "pickle" in refused(path, r"a\.npz: x holds Python objects").message
    np.save(tmp_path / "b.npy", np.array([None]), allow_pickle=True)
    refused(tmp_path / "b.npy", r"b\.npy: b holds Python objects")


def header_only(stream: Any, shape: tuple[int, ...], dtype: str = "<f4") -> None:
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})


def test_an_npz_of_six_gigabytes_is_refused_by_its_header(tmp_path: Path) -> None:
    head = io.BytesIO()
    header_only(head, (375_000_000, 4))
    with zipfile.ZipFile(tmp_path / "large.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", head.getvalue() + bytes(1 << 20))  # what is behind is not looked at
    found = refused(tmp_path / "large.npz", r"large\.npz has 6\.0 GB of samples")
    assert found.hint == "--limit 1000 reads the first ones only"
    samples, _ = own.read((end(4),), (end(3),), Selection(data=tmp_path / "large.npz", limit=5, scale="real"))
    assert len(samples) == 5


def test_a_bomb_is_read_no_further_than_its_header_says(tmp_path: Path) -> None:
    head = io.BytesIO()
    header_only(head, (2, 4), "|i1")
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", head.getvalue() + bytes(1 << 26))
    assert len(own.read((end(4),), (end(3),), Selection(data=tmp_path / "bomb.npz"))[0]) == 2


def test_an_npz_that_is_damaged(tmp_path: Path) -> None:
    good = npz(tmp_path / "a.npz", x=GOOD).read_bytes()
    for place in range(0, len(good), 7):
        bad = bytearray(good)
        bad[place] ^= 0xFF
        (tmp_path / "bad.npz").write_bytes(bytes(bad))
        try:
            own.read((end(4),), (end(3),), Selection(data=tmp_path / "bad.npz"))
        except TinymlError as caught:
            assert "bad.npz" in caught.message and "\n" not in caught.message
    for data in (b"", good[:-40], b"no zip"):
        (tmp_path / "bad.npz").write_bytes(data)
        refused(tmp_path / "bad.npz", r"bad\.npz is damaged or of another format")
    np.save(tmp_path / "x.npy", GOOD)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-1])
    refused(tmp_path / "cut.npy", r"cut\.npy: cut is cut off: 11 bytes of 12")


@pytest.mark.parametrize(
    ("arrays", "how", "said"),
    [
        ({"x": GOOD}, {"inputs": ("z",)}, r"has no 'z'"),
        ({"x": GOOD}, {"truth": "z"}, r"has no 'z'"),
        ({"a": GOOD, "b": GOOD}, {}, "which keys are the inputs"),
        ({"x": GOOD}, {"inputs": ("x", "x")}, "--inputs names 2, the network has 1 input"),
        ({"x": GOOD, "y": np.zeros(2, int)}, {"truth": "y"}, "y has 2 samples, x has 3"),
        ({"x": np.zeros((3, 5), np.int8)}, {}, "a sample is 5, the network takes 4"),
        ({"x": np.zeros((0, 4), np.int8)}, {}, "x has no samples"),
        ({"x": np.int8(3)}, {}, "x has no samples"),
        ({"x": np.array(["a", "b"])}, {}, "x holds text"),
        ({"x": GOOD.astype(complex)}, {}, "x holds complex128, no numbers"),
        ({"x": np.array([[0, 0, 0, 0], [0, 0, np.nan, 0]])}, {}, r"sample 1, element 2, is nan"),
        ({"x": np.array([[0, 0, 0, -np.inf]])}, {}, r"sample 0, element 3, is -inf"),
        ({"x": np.full((1, 4), 1e300)}, {"scale": "real"}, "beyond single precision"),
        ({"x": GOOD, "y": np.array([0, 2, 3])}, {}, "sample 2 is of class 3, the network's are 0 to 2"),
        ({"x": GOOD, "y": np.array([0, -1, 1])}, {}, "sample 1 is of class -1"),
        ({"x": GOOD, "y": np.array(["a", "b", "a"])}, {}, r"names 2 classes \(a, b\), the network has 3"),
        ({"x": GOOD, "y": np.array(["a", "b", "d"])}, {"classes": ("a", "b", "c")}, "sample 2 is of class 'd'"),
        ({"x": GOOD, "y": np.array([0.5, 1, 2])}, {"task": "classify"}, r"sample 0 is of class 0\.5"),
        ({"x": GOOD, "y": np.array([0.5, 1, 2])}, {}, "the truth has 1 values a sample, the network gives 3"),
        ({"x": GOOD, "y": np.full((3, 3), np.nan)}, {}, "the truth of sample 0 is no number"),
        ({"x": GOOD, "y": np.array(["a", "b", "c"])}, {"task": "regress"}, "the truth holds names"),
        ({"x": GOOD}, {"task": "classify"}, "has no truth for --task classify"),
        ({"x": GOOD, "y": np.array([0, 2, 1])}, {"out": 4, "task": "reconstruct"}, "sample 1 has flag 2"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, arrays: dict[str, Any], how: dict[str, Any], said: str) -> None:
    assert "a.npz" in refused(npz(tmp_path / "a.npz", **arrays), said, **how).message + "--inputs a.npz"


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [
        ("", {}, r"a\.csv is empty"),
        ("\n\n", {}, r"a\.csv is empty"),
        ("a,b,c,d\n", {}, r"a\.csv has no rows"),
        ("a,b,c,d\n1,2,3,4\n1,2,3\n", {}, "line 3 has 3 cells, line 1 has 4"),
        ("a,b,c,d\n1,2,3,4\n\n1,2,3,4\n", {}, "line 3 is empty"),
        ("a,b,c,d\n1,2,3,4\n1,,3,4\n", {}, "line 3, column 'b' is empty"),
        ("a,b,c,d\n1,2,x,4\n", {}, "line 2, column 'c' holds 'x', no number"),
        ("a,b,c,d\n1,2,3,nan\n", {}, "line 2, column 'd' is nan"),
        ("1,2,3,inf\n", {}, "line 1, column '3' is inf"),
        ("a,b,c,a\n1,2,3,4\n", {}, "two columns 'a'"),
        ("a,b,c\n1,2,3\n", {}, "3 columns of inputs, the network takes 4"),
        ("a,b,c,d,e\n1,2,3,4,5\n", {}, "which one is the truth"),
        ("a,b,c,d\n1,2,3,4\n", {"truth": "e"}, "has no column 'e'"),
        ("a,b,c,d\n1,2,3,4\n", {"inputs": ("a", "x*")}, r"has no columns 'x\*'"),
        ("a,b,c,d\n1,2,3,4\n", {"inputs": ("a", "b", "c", "d"), "truth": "a"}, "'a' is an input and the truth"),
        ("a,b,c,d,label\n0,0,0,.5,0\n0,0,0,-.5,7\n", {}, "line 3 is of class 7"),
        ('a,b,c,d\n1,2,3,"4\n', {}, "unexpected end of data"),
        ("a,b\0,c,d\n1,2,3,4\n", {}, "is no line of a table"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, text: str, how: dict[str, Any], said: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert "a.csv" in refused(tmp_path / "a.csv", said, **how).message


def test_a_table_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n\xff\xfe,3\n")
    refused(tmp_path / "a.csv", "is no text in UTF-8")


def test_parquet_without_pyarrow_or_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with monkeypatch.context() as without:
        without.setitem(__import__("sys").modules, "pyarrow", None)
        assert "tinyml-toolkit[tables]" in refused(tmp_path / "a.parquet", "Parquet needs pyarrow").hint
    pytest.importorskip("pyarrow")
    refused(tmp_path / "a.parquet", "is damaged or no Parquet file")


def test_folders_that_are_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "cat").mkdir(parents=True)
    (folder / "cat" / "a.png").write_bytes(b"no picture")
    refused(folder, r"cat/a\.png is no image", takes=(4, 4), out=1)
    refused(folder, "which is no picture in grey or RGB", takes=(4, 4, 2), out=1)
    Image.new("L", (4, 4)).save(folder / "cat" / "a.png")
    refused(folder, r"names 1 classes \(cat\), the network has 3", takes=(4, 4))
    Image.new("L", (4, 4)).save(folder / "dog_1.png")
    refused(folder, "pictures beside folders of pictures", takes=(4, 4))
    refused(folder, "there is no such list", takes=(4, 4), truth="labels.csv")
    (folder / "labels.csv").write_text("file,label\nmissing.png,3\n")
    refused(folder, r"labels\.csv: line 2 names missing\.png", takes=(4, 4))
    (folder / "labels.csv").write_text("dog_1.png,1\ndog_1.png,2\n")
    refused(folder, r"line 2 names dog_1\.png again", takes=(4, 4))


def test_recordings_that_are_wrong(tmp_path: Path) -> None:
    record(tmp_path / "no" / "a.wav", [1, 2, 3])
    assert "--resize pad" in refused(tmp_path, r"no/a\.wav has 3 samples, the network takes 4", out=1).hint
    refused(tmp_path, "recordings are not stretched", resize="stretch")
    record(tmp_path / "no" / "b.wav", [1, 2, 3], rate=8000)
    refused(tmp_path, r"no/b\.wav has 8,000 Hz, no/a\.wav has 16,000", takes=(3,))
    (tmp_path / "no" / "b.wav").write_bytes((tmp_path / "no" / "a.wav").read_bytes()[:-2])
    refused(tmp_path, r"no/b\.wav is (cut off|no WAV)", takes=(3,))
    (tmp_path / "no" / "b.wav").write_bytes(b"RIFF")
    refused(tmp_path, r"no/b\.wav is no WAV of PCM that can be read: it ends too early", takes=(3,))


def test_raw_tensors_that_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "a_1.bin").write_bytes(bytes(4))
    (tmp_path / "b_1.bin").write_bytes(bytes(3))
    refused(tmp_path, r"b_1\.bin has 3 bytes, the first has 4")
    refused(tmp_path, r"a_1\.bin has 4 bytes, the network takes 7 int8", takes=(7,))


def test_nothing_there(tmp_path: Path) -> None:
    refused(tmp_path / "absent.npz", r"absent\.npz cannot be read: No such file")
    refused(tmp_path, "a folder with nothing in it that is known")
    for wrong in ({"task": "guess"}, {"resize": "smaller"}):
        with pytest.raises(UsageError, match="is not known"):
            Selection(**wrong)  # type: ignore[arg-type]
    np.save(tmp_path / "x.npy", GOOD)
    np.save(tmp_path / "y.npy", np.arange(3))
    refused(tmp_path / "x.npy", "--limit 0 sends nothing", limit=0)
    refused(tmp_path / "x.npy", "--task reconstruct: the network takes 4 values and gives 3", task="reconstruct")
    refused(
        tmp_path / "x.npy",
        "--classes names 2, the network gives 3 values",
        task="classify",
        classes=("a", "b"),
        truth=str(tmp_path / "y.npy"),
    )
    with pytest.raises(DatasetError, match="which tells no range"):
        own.read((end(2),), (end(3),), Selection(data=npz(tmp_path / "b.npz", x=[[-300.0, 7.0]]), scale="0..1"))


def test_a_negative_size_is_not_all_there_is(tmp_path: Path) -> None:
    with (tmp_path / "x.npy").open("wb") as file:
        header_only(file, (-1, 4), "|i1")
        file.write(bytes(64))
    refused(tmp_path / "x.npy", r"x\.npy: x is (damaged|no array)")


def test_what_would_wait_for_ever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", r"pipe\.csv is neither a file nor a folder")
    with pytest.raises(UsageError, match="neither a list nor a file of text"):
        options.selection(None, None, None, None, None, None, None, str(tmp_path / "pipe.csv"), None)


def test_numbers_with_underscores_are_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c,d,label\n" + "".join(f"0,0,0,0,{each}\n" for each in ("1_1", "1_2", "2_1")))
    samples, _ = own.read((end(4),), (end(3),), Selection(data=tmp_path / "a.csv"))
    assert (samples.classes, samples.labels.tolist()) == (("1_1", "1_2", "2_1"), [0, 1, 2])
    (tmp_path / "a.csv").write_text("a,b,c,d\n1,2,3,1_0\n")
    refused(tmp_path / "a.csv", "line 2, column 'd' holds '1_0', no number")


def test_a_recording_whose_parts_have_no_sense(tmp_path: Path) -> None:
    """Python's `wave` raises whatever comes: RuntimeError for a part that ends behind the file."""
    record(tmp_path / "no" / "a.wav", [1, 2, 3, 4])
    good = (tmp_path / "no" / "a.wav").read_bytes()
    for place in range(12, 44):
        for value in (b"\xff\xff\xff\xff", b"\0\0\0\0"):
            (tmp_path / "no" / "a.wav").write_bytes(good[:place] + value + good[place + 4 :])
            try:
                own.read((end(4),), (end(1),), Selection(data=tmp_path, truth="none"))
            except TinymlError as caught:
                assert "no/a.wav" in caught.message or "network" in caught.message


def test_a_misspelt_name_is_told_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"tset\.npz cannot be read: No such file"):
        api.run("host", "no-such-model", selection=Selection(data=tmp_path / "tset.npz"), workspace=tmp_path)
    with pytest.raises(TinymlError, match="no-such-model"):
        api.run("host", "no-such-model", selection=Selection(data=Path("fashion")), workspace=tmp_path)
