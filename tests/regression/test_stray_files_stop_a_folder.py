"""A Thumbs.db stopped a folder of pictures, an EPS in it started Ghostscript, and a bomb was a page of text."""

from __future__ import annotations

import dataclasses
import struct
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import EpsImagePlugin, Image

from tests.report import samples
from toolkit import resources, workloads
from toolkit.artifacts import DType, sha256_of
from toolkit.data import load_images
from toolkit.data.digits import drawing
from toolkit.data.pictures import read_picture
from toolkit.errors import DatasetError
from toolkit.report.pictures import thumbnail
from toolkit.selection import Selection

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\nshowpage\n%%EOF\n"


def _folder(at: Path) -> Path:
    at.mkdir(exist_ok=True)
    (at / "4.png").write_bytes(drawing.png(4))
    return at


def _empty_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", ["Thumbs.db", "THUMBS.DB", "desktop.ini", ".DS_Store", "notes.txt", "README.md"])
def test_what_systems_and_people_leave_is_passed_over(tmp_path: Path, name: str) -> None:
    (_folder(tmp_path) / name).write_bytes(b"\xd0\xcf\x11\xe0 nothing to see")
    loaded = load_images(tmp_path)
    assert loaded.names == ("4.png",)
    assert loaded.remarks == ()


def test_other_files_are_passed_over_and_named(tmp_path: Path) -> None:
    (_folder(tmp_path) / "labels.csv").write_text("4\n")
    loaded = load_images(tmp_path)
    assert loaded.names == ("4.png",)
    assert loaded.remarks == ("labels.csv is no picture, and is passed over",)


@pytest.mark.parametrize("name", ["5.pdf", "five.jpg", "5.heic", "5"])
def test_what_was_meant_to_be_a_picture_is_not_passed_over(tmp_path: Path, name: str) -> None:
    (_folder(tmp_path) / name).write_bytes(b"nothing to see")
    with pytest.raises(DatasetError, match=name):
        load_images(tmp_path)


def test_a_picture_is_known_by_its_bytes(tmp_path: Path) -> None:
    (_folder(tmp_path) / "scan").write_bytes(drawing.png(5))
    with pytest.raises(DatasetError, match="scan has no label in its name"):
        load_images(tmp_path)


@pytest.mark.parametrize("name", ["5.png", "5.eps"])
def test_no_picture_starts_ghostscript(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("Ghostscript was started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    (tmp_path / name).write_bytes(EPS)
    with pytest.raises(DatasetError, match=f"{name} is no image that can be read"):
        load_images(tmp_path)
    with pytest.raises(DatasetError, match=f"{name} is no image that can be read"):
        thumbnail(EPS, name)


@pytest.mark.parametrize("side", [11_000, 30_000])
def test_a_bomb_is_one_line(tmp_path: Path, side: int) -> None:
    """Pillow warns of the smaller one and refuses the larger; neither is unpacked."""
    (tmp_path / "5.png").write_bytes(_empty_png(side, side))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for read in (lambda: load_images(tmp_path), lambda: read_picture((tmp_path / "5.png").read_bytes(), "5.png")):
            with pytest.raises(DatasetError, match=r"5\.png has more than 89 million pixels"):
                read()


def test_verify_tells_and_goes_on(tmp_path: Path) -> None:
    (_folder(tmp_path) / "labels.csv").write_text("4\n")
    Image.open(tmp_path / "4.png").resize((9, 9), Image.Resampling.BOX).save(tmp_path / "4_small.png")
    model = resources.models() / "proposed" / "proposed_int8.tflite"
    build = dataclasses.replace(
        samples.build(), model_path=model, model_sha256=sha256_of(model.read_bytes()), dtype=DType.INT8
    )
    inputs = workloads.prepare(build, Selection(limit=0, images=tmp_path))
    assert inputs.sets[-1].names == ("4.png", "4_small.png")
    assert inputs.remarks == (
        "labels.csv is no picture, and is passed over",
        "4_small.png has only 9 x 9 pixels, and may be misread",
    )
