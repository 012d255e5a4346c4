"""A thick pen was hollowed out, an 8 x 8 picture became a block, two digits were one, and white ink was "too light"."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from toolkit import reference, resources
from toolkit.data import load_images
from toolkit.data.digits.convention import Pixels
from toolkit.data.digits.prepare import prepare
from toolkit.data.scaling import UNIT
from toolkit.report.pictures import thumbnail

SHARED = Path(__file__).parents[2].parent / "shared" / "cases" / "pictures"
SEVEN = ((0.22, 0.15), (0.65, 0.15), (0.40, 0.82))
FOUR = ((0.60, 0.12), (0.30, 0.58), (0.80, 0.58)), ((0.68, 0.25), (0.66, 0.85))
BESIDE = tuple((x + 0.85, y) for x, y in SEVEN)


def _drawn(*strokes: Any, pen: int = 18, size: tuple[int, int] = (280, 280), paper: int = 235, ink: int = 30) -> Any:
    picture = Image.new("L", size, paper)
    draw = ImageDraw.Draw(picture)
    for stroke in strokes or (SEVEN,):
        points = [(280 * x, 280 * y) for x, y in stroke]
        draw.line(points, ink, pen, joint="curve")
        for x, y in points:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), ink)
    return picture


def _read_as(image: Pixels) -> int:
    """What the shipped network takes it for."""
    tflite = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
    outputs = reference.expected_outputs(tflite, reference.quantise(tflite, image[np.newaxis], UNIT))
    return int(outputs.view(np.int8).argmax())


def _usual() -> Pixels:
    return prepare(np.asarray(_drawn())).image


@pytest.mark.parametrize("pen", [18, 40, 60, 75])
@pytest.mark.parametrize("dark", [True, False])
def test_a_pen_of_any_width_leaves_whole_strokes(pen: int, dark: bool) -> None:
    picture = np.asarray(_drawn(pen=pen))
    prepared = prepare(picture if dark else 255 - picture)
    assert prepared.remarks == ()
    assert _read_as(prepared.image) == 7
    if pen < 20:  # it may be widened
        return
    # As much ink as was drawn, the picture scaled so that the digit fills the box.
    inked = picture < 128
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    scale = 20 / max(np.ptp(rows) + 1, np.ptp(columns) + 1)
    assert prepared.image.sum() / 255 == pytest.approx(inked.sum() * scale**2, rel=0.12)


def test_a_shadow_is_no_pen() -> None:
    light = np.clip(1.05 - 0.9 * np.linspace(0, 1, 280) ** 1.5, 0.25, 1)
    shaded = (np.asarray(_drawn()) * light).astype(np.uint8)
    assert np.abs(prepare(shaded).image.astype(int) - _usual()).mean() < 4


@pytest.mark.parametrize("side", [8, 10, 12])
def test_a_picture_of_few_pixels_is_a_digit_and_doubtful(side: int) -> None:
    small = np.asarray(_drawn(pen=30).resize((side, side), Image.Resampling.BOX))
    prepared = prepare(small)
    assert prepared.remarks == (f"has only {side} x {side} pixels, and may be misread",)
    assert prepared.image[8:20, 8:20].mean() < 200, "no block"
    assert _read_as(prepared.image) == 7


def test_two_digits_are_told() -> None:
    both = np.asarray(_drawn(BESIDE, *FOUR, size=(520, 280), pen=14))
    assert any("two digits" in remark for remark in prepare(both).remarks)


def test_two_of_the_external_digits_are_two() -> None:
    sheets = [np.asarray(Image.open(path)) for path in sorted(resources.external_images().glob("*.png"))]
    for left, right in itertools.pairwise(sheets[::3]):
        assert prepare(np.hstack([left, right])).remarks, "two digits"


def test_one_digit_of_two_strokes_is_one() -> None:
    assert prepare(np.asarray(_drawn(*FOUR))).remarks == ()
    for picture in sorted(resources.external_images().glob("*.png")):
        assert prepare(picture).remarks == (), picture.name


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_nothing_is_read_and_shown(tmp_path: Path, ink: int) -> None:
    alpha = _drawn(paper=0, ink=255)
    clear = Image.merge("RGBA", [Image.new("L", alpha.size, ink)] * 3 + [alpha])
    clear.save(tmp_path / "7.png")
    assert np.abs(prepare(tmp_path / "7.png").image.astype(int) - _usual()).mean() < 4
    (tmp_path / "small.jpg").write_bytes(thumbnail((tmp_path / "7.png").read_bytes(), "7.png"))
    with Image.open(tmp_path / "small.jpg") as shown:
        assert np.ptp(np.asarray(shown.convert("L"))) > 200, "the report's picture would be empty"


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
def test_deep_grey_is_scaled_by_its_own_bits(tmp_path: Path, bits: int) -> None:
    values = np.asarray(_drawn(), np.float64) / 255 * (2**bits - 1)
    Image.fromarray(values.astype(np.uint16)).save(tmp_path / "7.png")
    assert np.abs(prepare(tmp_path / "7.png").image.astype(int) - _usual()).mean() < 4
    (tmp_path / "small.jpg").write_bytes(thumbnail((tmp_path / "7.png").read_bytes(), "7.png"))
    with Image.open(tmp_path / "small.jpg") as shown:
        assert np.asarray(shown.convert("L")).max() > 200


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_turned_as_its_exif_says(tmp_path: Path, turn: int) -> None:
    method = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(turn)
    picture = _drawn()
    exif = Image.Exif()
    exif[0x0112] = turn
    (picture if method is None else picture.transpose(method)).save(tmp_path / "7.jpg", exif=exif, quality=92)
    assert np.abs(prepare(tmp_path / "7.jpg").image.astype(int) - _usual()).mean() < 4


def test_a_folder_tells_what_is_doubtful_by_name(tmp_path: Path) -> None:
    _drawn().save(tmp_path / "7_a.png")
    _drawn(pen=30).resize((8, 8), Image.Resampling.BOX).save(tmp_path / "7_b.png")
    loaded = load_images(tmp_path)
    assert loaded.remarks == ("7_b.png has only 8 x 8 pixels, and may be misread",)
    assert loaded.first(1).remarks == loaded.remarks


@pytest.mark.skipif(not SHARED.is_dir(), reason="the cases are not beside this checkout")
def test_the_cases_are_read_or_told() -> None:
    loaded = load_images(SHARED)
    told = {remark.split()[0] for remark in loaded.remarks}
    assert told == {"7_8x8.png", "7_two_digits_74.png"}
    for name, image in zip(loaded.names, loaded.values, strict=True):
        assert name in told or _read_as(image) == 7, name
