from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from toolkit import resources
from toolkit.data import load_external, load_images
from toolkit.data.digits import drawing
from toolkit.data.digits.folder import label_of
from toolkit.errors import DatasetError


@pytest.mark.parametrize(
    ("name", "label"),
    [("3.png", 3), ("3_b.jpg", 3), ("digit-3.png", 3), ("seven_7b.png", 7), ("0.PNG", 0), ("a9 2024.png", 9)],
)
def test_label_in_the_name(name: str, label: int) -> None:
    assert label_of(Path(name)) == label


@pytest.mark.parametrize("name", ["three.png", "IMG_2034.jpg", "42.png"])
def test_no_label_in_the_name(name: str) -> None:
    with pytest.raises(DatasetError, match=f"{name} has no label"):
        label_of(Path(name))


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    for name, digit in (("b_4.jpg", 4), ("a_2.png", 2)):
        Image.fromarray(drawing.draw(digit)).save(tmp_path / name)
    (tmp_path / ".hidden").write_bytes(b"x")
    (tmp_path / "README.md").write_text("notes")
    loaded = load_images(tmp_path)
    assert loaded.names == ("a_2.png", "b_4.jpg")
    assert loaded.labels.tolist() == [2, 4]
    assert loaded.values.shape == (2, 28, 28)
    assert loaded.name == tmp_path.name


def test_a_stray_file_is_named(tmp_path: Path) -> None:
    Image.fromarray(drawing.draw(4)).save(tmp_path / "4.png")
    (tmp_path / "5.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(DatasetError, match=r"5\.pdf is no image"):
        load_images(tmp_path)


def test_empty_and_missing_folders(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no pictures"):
        load_images(tmp_path)
    with pytest.raises(DatasetError, match="is no folder"):
        load_images(tmp_path / "absent")


def test_the_external_images_are_ten_digits_on_paper() -> None:
    loaded = load_external()
    assert loaded.name == "external"
    assert loaded.labels.tolist() == list(range(10))
    for digit in range(10):
        with Image.open(resources.external_images() / f"{digit}.png") as picture:
            assert (picture.size, picture.mode) == ((280, 280), "L")
            pixels = np.asarray(picture)
        assert np.median(pixels) > 150  # dark on light: most of it is paper
        assert 0.02 < (pixels < 100).mean() < 0.25


def test_the_shipped_pictures_are_what_the_script_draws() -> None:
    """Within one grey level: libm may differ between machines in the last bit."""
    for digit in range(10):
        with Image.open(resources.external_images() / f"{digit}.png") as picture:
            shipped = np.asarray(picture).astype(int)
        assert np.abs(shipped - drawing.draw(digit)).max() <= 1
