"""One test a format: the file that a person has, and the samples that the network gets."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.data.ends import UNIT, end
from toolkit.artifacts import TensorSpec
from toolkit.data import Kind, Samples, own
from toolkit.data.loaders import idx
from toolkit.selection import Selection

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4)
Y = np.array([0, 1, 2, 2, 1, 0])


def read(path: Path, *inputs: TensorSpec, out: int = 3, **said: Any) -> tuple[Samples, str]:
    return own.read(inputs or (end(4),), (end(out),), Selection(data=path, **said))


def stored(real: npt.NDArray[np.floating]) -> npt.NDArray[np.int8]:
    return np.asarray(np.clip(np.rint(real / np.float32(2 / 255)), -128, 127), np.int8)


def test_npz(tmp_path: Path) -> None:
    path = tmp_path / "gestures.npz"
    np.savez(path, x_train=X[:2], y_train=Y[:2], x_test=X, y_test=Y, about=np.array("made up"))
    samples, told = read(path)
    assert (samples.name, len(samples), samples.task.kind, samples.scaling) == ("gestures", 6, Kind.CLASSIFY, None)
    assert (str(samples.values.dtype), samples.labels.tolist()) == ("int8", Y.tolist())
    assert np.abs(samples.values - stored(X)).max() <= 1
    assert told == (
        "6 inputs of gestures.npz; inputs from x_test; truth from y_test; numbers as real values; task classify"
    )
    named, told = read(path, inputs=("x_train",), truth="y_train", task="none")
    assert (len(named), named.truth, "the truth is not used" in told) == (2, None, True)
    assert len(own.read((end(4),), (end(3),), Selection(data=path), split="train")[0]) == 2


def test_npz_of_the_networks_own_type_passes_as_it_is(tmp_path: Path) -> None:
    own_type = np.arange(-12, 12, dtype=np.int8).reshape(6, 4)
    np.savez_compressed(tmp_path / "a.npz", own_type)
    samples, told = read(tmp_path / "a.npz")
    np.testing.assert_array_equal(samples.values, own_type)
    assert "int8 values as they are" in told and (samples.truth, samples.task.kind) == (None, Kind.NONE)


def test_several_inputs_by_their_tensors_names_or_as_said(tmp_path: Path) -> None:
    other = np.arange(12, dtype=np.float32).reshape(6, 2) / 12
    np.savez(tmp_path / "two.npz", second=other, first=X, y=Y)
    ends = (end(4, name="serving_default_first:0"), end(2, dtype="float32", name="serving_default_second:0"))
    for inputs in ((), ("first", "second")):
        samples, told = read(tmp_path / "two.npz", *ends, inputs=inputs)
        assert [(each.shape, str(each.dtype)) for each in samples.inputs] == [((6, 4), "int8"), ((6, 2), "float32")]
        np.testing.assert_array_equal(samples.inputs[1], other)
    assert "second: numbers as real values" in told
    np.savez(tmp_path / "numbered.npz", x_2=other, x_1=X)
    assert read(tmp_path / "numbered.npz", end(4, name="a"), end(2, name="b"))[0].inputs[1].shape == (6, 2)


def test_npy_with_the_truth_beside_it_or_named(tmp_path: Path) -> None:
    np.save(tmp_path / "x_test.npy", X)
    np.save(tmp_path / "y_test.npy", np.eye(3)[Y])
    samples, told = read(tmp_path / "x_test.npy")
    assert (samples.labels.tolist(), "truth from y_test" in told) == (Y.tolist(), True)
    np.save(tmp_path / "else.npy", Y[::-1])
    assert read(tmp_path / "x_test.npy", truth=str(tmp_path / "else.npy"))[0].labels.tolist() == Y[::-1].tolist()
    assert read(tmp_path, inputs=("x_test.npy",), truth="else.npy", limit=2)[0].labels.tolist() == Y[::-1][:2].tolist()


def test_an_array_in_fortrans_order_and_big_endian(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.asfortranarray(X.astype(">f4")))
    whole = read(tmp_path / "x.npy", end(4, dtype="float32"))[0]
    np.testing.assert_array_equal(whole.values, X)
    np.testing.assert_array_equal(read(tmp_path / "x.npy", end(4, dtype="float32"), limit=2)[0].values, X[:2])


CSV = "id;b;a;kind\n7;0.5;-1;wing\n8;0;0.25;ring\n\n"


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "gestures.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8")
    ends = (end(2, dtype="float32"),)
    said: Any = {"truth": "kind", "out": 3, "classes": ("rest", "ring", "wing")}
    samples, _ = read(path, *ends, inputs=("a", "b"), **said)
    assert samples.values.tolist() == [[-1.0, 0.5], [0.25, 0.0]]
    assert (samples.labels.tolist(), samples.classes) == ([2, 1], ("rest", "ring", "wing"))
    assert read(path, *ends, inputs=("[ab]",), **said)[0].values.tolist() == [[0.5, -1.0], [0.0, 0.25]]


def test_csv_without_a_heading_and_for_two_inputs(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,2,3,0.5\n4,5,6,0.25\n")
    samples, _ = read(path, end(1, dtype="float32"), end(2, dtype="float32"), out=1, truth="3")
    assert [each.tolist() for each in samples.inputs] == [[[1], [4]], [[2, 3], [5, 6]]]
    assert (samples.task.kind, samples.truth is not None and samples.truth.tolist()) == (Kind.REGRESS, [0.5, 0.25])


def test_csv_with_columns_called_as_labels_are(tmp_path: Path) -> None:
    path = tmp_path / "iris.csv"
    path.write_text("length,width,Species\n" + "0.1,0.2,setosa\n0.3,0.4,virginica\n0.1,0.1,versicolor\n")
    samples, told = read(path, end(2, dtype="float32"))
    assert samples.classes == ("setosa", "versicolor", "virginica")
    assert samples.labels.tolist() == [0, 2, 1]
    assert "truth from column Species; inputs from all 2 other columns: length, width" in told


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    parquet.write_table(arrow.table({"a": X[:, 0], "b": X[:, 1], "label": Y}), path)
    samples, told = read(path, end(2, dtype="float32"))
    np.testing.assert_array_equal(samples.values, X[:, :2])
    assert (samples.labels.tolist(), "truth from column label" in told) == (Y.tolist(), True)
    parquet.write_table(arrow.table({"x": list(X), "kind": [str(each) for each in Y]}), path)
    samples, _ = read(path, end(4, dtype="float32"), truth="kind", limit=4)
    np.testing.assert_array_equal(samples.values, X[:4])
    assert samples.labels.tolist() == Y[:4].tolist()


def test_folders_of_pictures(tmp_path: Path) -> None:
    for name, colour in (("cat", (255, 0, 0)), ("dog", (0, 0, 255))):
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.new("RGB", (8, 4), colour).save(tmp_path / name / f"{number}.png")
    (tmp_path / "notes.txt").write_text("mine")
    samples, told = read(tmp_path, end(4, 4, 3, **UNIT), out=2)
    assert samples.names == ("cat/0.png", "dog/0.png", "cat/1.png", "dog/1.png")
    assert (samples.classes, samples.labels.tolist(), samples.task.picture) == (("cat", "dog"), [0, 1, 0, 1], (4, 4, 3))
    assert samples.values[1, 2, 2].tolist() == [0, 0, 255] and str(samples.scaling) == "0..1"
    assert "4 of another size than 4 x 4: stretched (--resize says otherwise)" in told
    padded, _ = read(tmp_path, end(4, 4, 1, dtype="float32"), out=2, resize="pad", limit=1)
    assert padded.values[0, 0].max() == 0 and padded.values[0, 2].min() == 76  # 0.299 of red, and black above it
    assert "cropped" in read(tmp_path, end(4, 4, 1), out=2, resize="crop")[1]


def test_pictures_labelled_by_their_names_or_by_a_list(tmp_path: Path) -> None:
    for name in ("cat.12.png", "dog_3.png", "cat_4.png"):
        Image.new("L", (4, 4)).save(tmp_path / name)
    samples, told = read(tmp_path, end(4, 4), out=2)
    assert (samples.labels.tolist(), samples.classes) == ([0, 0, 1], ("cat", "dog"))
    assert "labels from the files' names: their first word" in told
    (tmp_path / "mine.csv").write_text("file,label\ndog_3.png,1\ncat_4.png,0\n")
    listed, told = read(tmp_path, end(4, 4), out=2, truth="mine.csv")
    assert (listed.names, listed.labels.tolist()) == (("dog_3.png", "cat_4.png"), [1, 0])
    assert "1 files that it does not name are left out, cat.12.png the first" in told
    assert read(tmp_path, end(4, 4), out=2, truth="none")[0].truth is None


def record(path: Path, values: list[int], width: int = 2, rate: int = 16000) -> None:
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"".join(each.to_bytes(width, "little", signed=width > 1) for each in values))


def test_folders_of_recordings(tmp_path: Path) -> None:
    record(tmp_path / "no" / "a.wav", [0, 16384, -32768, 32767])
    record(tmp_path / "yes" / "b.wav", [8192, 0, 0])
    samples, told = read(tmp_path, end(4, dtype="float32"), out=2, resize="pad")
    assert samples.values.tolist() == [[0, 0.5, -1, 32767 / 32768], [0.25, 0, 0, 0]]
    assert (samples.labels.tolist(), samples.classes) == ([0, 1], ("no", "yes"))
    assert "1 shorter ones with zeros behind; elements as -1..1, the default for recordings" in told
    raw, _ = read(tmp_path, end(4, dtype="int16"), out=2, resize="pad")
    assert raw.values.tolist() == [[0, 16384, -32768, 32767], [8192, 0, 0, 0]]
    middle, _ = read(tmp_path, end(2, dtype="float32"), out=2, resize="crop", limit=1)
    assert middle.values.tolist() == [[0.5, -1]]


@pytest.mark.parametrize(("width", "held"), [(1, [128, 192]), (3, [0, 1 << 22]), (4, [0, 1 << 30])])
def test_recordings_of_other_widths(tmp_path: Path, width: int, held: list[int]) -> None:
    record(tmp_path / "a" / "a.wav", held, width)
    assert read(tmp_path, end(2, dtype="float32"), truth="none")[0].values.tolist() == [[0, 0.5]]


def test_raw_tensors_as_eembcs_runner_has_them(tmp_path: Path) -> None:
    for name, value in (("tst_000_Stop_1.bin", 5), ("tst_001_Go_0.bin", -5)):
        (tmp_path / name).write_bytes(np.full(4, value, np.int8).tobytes())
    for lists in (False, True):
        if lists:
            (tmp_path / "y_labels.csv").write_text("tst_000_Stop_1.bin,2,1\ntst_001_Go_0.bin,2,0\n")
        samples, told = read(tmp_path, out=2)
        assert samples.values.tolist() == [[5] * 4, [-5] * 4]
        assert (samples.labels.tolist(), samples.classes) == ([1, 0], ("Go", "Stop"))
        assert ("labels from y_labels.csv" in told) is lists
    for name in samples.names:
        (tmp_path / name).write_bytes(np.full(4, 0.5, "<f4").tobytes())
    assert read(tmp_path, end(4, dtype="int16"), out=2)[0].values.tolist() == [[16384] * 4] * 2


def test_idx(tmp_path: Path) -> None:
    (tmp_path / "a-images-idx3-ubyte").write_bytes(idx.encode(np.full((3, 2, 2), 255, np.uint8)))
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(idx.encode(np.array([2, 0, 1], np.uint8)))
    samples, _ = read(tmp_path / "a-images-idx3-ubyte", end(2, 2, 1, **UNIT))
    assert (samples.labels.tolist(), str(samples.scaling), float(samples.real().max())) == ([2, 0, 1], "0..1", 1.0)


def test_labels_do_not_depend_on_how_many_are_asked_for(tmp_path: Path) -> None:
    for name in ("IMG_1.png", "IMG_2.png", "IMG_3.png"):
        Image.new("L", (4, 4)).save(tmp_path / name)
    samples, told = read(tmp_path, end(4, 4), out=2, limit=1)
    assert samples.truth is None and "no labels: the files' names tell none" in told
    for name in ("IMG_1.png", "IMG_2.png", "IMG_3.png"):
        (tmp_path / name).rename(tmp_path / f"{int(name[4]) % 2}_{name[4]}.png")
    for limit in (1, 2, None):
        assert read(tmp_path, end(4, 4), out=2, limit=limit)[0].labels.tolist() == [0, 1, 1][:limit]


def test_of_several_outputs_the_one_is_scored_that_has_such_a_truth(tmp_path: Path) -> None:
    outputs = (end(1, name="much"), end(3, name="StatefulPartitionedCall:1"), end(2, name="where"))
    for truth, place, kind in (
        (Y, 1, Kind.CLASSIFY),
        (np.array(list("abcabc")), 1, Kind.CLASSIFY),
        (X[:, 0], 0, Kind.REGRESS),
        (X[:, :2], 2, Kind.REGRESS),
    ):
        np.savez(tmp_path / "a.npz", x=X, y=truth)
        samples, told = own.read((end(4),), outputs, Selection(data=tmp_path / "a.npz"))
        assert (samples.task.output, samples.task.kind) == (place, kind)
        assert told.endswith("is scored")


def test_one_output_tells_two_classes_apart(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y % 2)
    assert read(tmp_path / "a.npz", out=1)[0].task.kind is Kind.CLASSIFY
    np.savez(tmp_path / "a.npz", x=X, y=np.array(["off", "on"])[Y % 2])
    samples, _ = read(tmp_path / "a.npz", out=1)
    assert (samples.classes, samples.labels.tolist()) == (("off", "on"), (Y % 2).tolist())
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    assert read(tmp_path / "a.npz", out=1)[0].task.kind is Kind.REGRESS


def test_an_autoencoder_with_and_without_flags(tmp_path: Path) -> None:
    for flags, expected in ((None, None), (Y % 2, Y % 2), (np.array(["normal", "cracked"])[Y % 2], Y % 2)):
        np.savez(tmp_path / "a.npz", **({"x": X} if flags is None else {"x": X, "label": flags}))
        samples, _ = own.read((end(4),), (end(4),), Selection(data=tmp_path / "a.npz"))
        assert samples.task.kind is Kind.RECONSTRUCT
        assert (samples.truth is None) is (expected is None)
        np.testing.assert_array_equal(samples.truth, expected)
