"""The pipeline from a photograph to MNIST's convention."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from toolkit.data import prepare_image
from toolkit.data.digits.convention import Pixels
from toolkit.data.digits.drawing import draw
from toolkit.errors import DatasetError

Grey = npt.NDArray[np.float64]


def _sheet(ink: float = 40.0, paper: float = 220.0) -> Pixels:
    """A thick L, far from the middle."""
    sheet = np.full((240, 320), paper)
    sheet[40:180, 200:220] = ink
    sheet[160:180, 200:270] = ink
    return sheet.astype(np.uint8)


def _centre(image: Pixels) -> tuple[float, float]:
    weight = image.astype(np.float64)
    places = np.arange(28)
    return (
        float((weight.sum(axis=1) * places).sum() / weight.sum()),
        float((weight.sum(axis=0) * places).sum() / weight.sum()),
    )


def test_size_box_and_centre_are_mnists() -> None:
    image = prepare_image(_sheet())
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 == 10  # 70 of 140 pixels: the aspect is kept
    assert _centre(image) == pytest.approx((14, 14), abs=0.51)
    assert image.max() == 255


def test_light_on_dark_gives_the_same_as_dark_on_light() -> None:
    np.testing.assert_array_equal(prepare_image(255 - _sheet()), prepare_image(_sheet()))


def test_uneven_light_and_grain_change_little() -> None:
    random = np.random.default_rng(3)
    rows, columns = np.mgrid[0:240, 0:320]
    shaded = _sheet() * (1.0 - 0.45 * columns / 320 - 0.15 * rows / 240) + random.normal(0, 4, (240, 320))
    got = prepare_image(shaded.clip(0, 255).astype(np.uint8)).astype(float)
    assert np.abs(got - prepare_image(_sheet())).mean() < 4


def test_specks_are_dropped() -> None:
    dirty = _sheet()
    dirty[10:14, 10:14] = 30
    dirty[220:223, 300:306] = 30
    np.testing.assert_array_equal(prepare_image(dirty), prepare_image(_sheet()))


def test_a_separate_stroke_is_kept() -> None:
    """The bar of a 5 may not touch its body: here it is a fifth of the picture's height above it."""
    parted = _sheet()
    parted[8:22, 200:270] = 40
    rows = np.asarray(prepare_image(parted).any(axis=1))
    first, last = np.flatnonzero(rows)[[0, -1]]
    assert last - first == 19
    assert not rows[first:last].all()  # the gap is still there


def test_hair_thin_strokes_are_widened() -> None:
    thin = np.full((280, 280), 230, np.uint8)
    thin[40:240, 139:141] = 40
    image = prepare_image(thin)
    assert 1.5 <= image.sum() / 255 / 20 <= 3.0  # mean width of the line in pixels


def test_a_large_colour_photograph_with_alpha_and_orientation(tmp_path: Path) -> None:
    grey = Image.fromarray(_sheet()).resize((1600, 1200))
    rotated = grey.rotate(90, expand=True).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise to be seen upright
    rotated.save(tmp_path / "turned.jpg", exif=exif, quality=92)
    upright = prepare_image(_sheet()).astype(float)
    assert np.abs(prepare_image(tmp_path / "turned.jpg") - upright).mean() < 4
    clear = Image.merge("RGBA", [Image.new("L", (320, 240), 0)] * 3 + [Image.fromarray(255 - _sheet(ink=0, paper=255))])
    clear.save(tmp_path / "clear.png")
    assert np.abs(prepare_image(tmp_path / "clear.png") - upright).mean() < 4


def test_sixteen_bits(tmp_path: Path) -> None:
    Image.fromarray(_sheet().astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert np.abs(prepare_image(tmp_path / "deep.png").astype(float) - prepare_image(_sheet())).mean() < 2


def test_an_empty_sheet_is_refused() -> None:
    random = np.random.default_rng(4)
    with pytest.raises(DatasetError, match="nothing on it"):
        prepare_image(random.normal(220, 3, (100, 100)).astype(np.uint8))
    with pytest.raises(DatasetError, match="nothing on it"):
        prepare_image(np.zeros((30, 30), np.uint8))


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n broken"])
def test_a_file_that_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "3.png").write_bytes(content)
    with pytest.raises(DatasetError, match=r"3\.png is no image"):
        prepare_image(tmp_path / "3.png")


def test_a_truncated_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "3.png"
    Image.fromarray(draw(3)).save(path)
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(DatasetError, match=r"3\.png is no image"):
        prepare_image(path)


def test_tiny_pictures_of_mnist_size_pass() -> None:
    small = np.zeros((28, 28), np.uint8)
    small[5:24, 13:16] = 255
    image = prepare_image(small)
    assert _centre(image) == pytest.approx((14, 14), abs=0.51)
    assert image.any(axis=1).sum() == 20
