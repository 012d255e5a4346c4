"""The report's sections by task, and how samples are drawn in them."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from tests.report import browser, samples, tasks
from tests.report.test_html import words
from toolkit.artifacts import Curve, Distribution, DType, Verification, to_jsonable
from toolkit.data.pictured import pictured
from toolkit.report import drawing, html, junit, scores, terminal
from toolkit.report import text as text_of

BUILD = dataclasses.replace(samples.build(), dtype=DType.FLOAT32)
VERIFIED = {name: made() for name, made in tasks.ALL.items()}
PAGES = {name: html.render(made, BUILD) for name, made in VERIFIED.items()}


def text(name: str) -> str:
    return words(PAGES[name])


def score(name: str, metric: str) -> float:
    return VERIFIED[name].sets[0].scores[metric]


def test_classes_have_a_table_and_what_is_among_the_first() -> None:
    page = text("gestures")
    assert f"macro F1 {score('gestures', 'macro_f1'):.4f}" in page
    assert f"among the first 3 {100 * score('gestures', 'top3'):.2f}%" in page
    recall = re.search(r"wing 87 [\d.]+% ([\d.]+)% 0\.\d+", page)
    assert recall
    assert float(recall[1]) == pytest.approx(100 * 85 / 87, abs=0.06)
    assert "one pixel an input" in page
    assert "inputs that the device misread" in page
    assert "operating characteristic" not in PAGES["gestures"]  # more than two classes
    assert PAGES["gestures"].count("data:image/svg+xml") > 10
    assert 'class="tiles wide"' in PAGES["gestures"]


def test_one_sigmoid_has_two_classes_and_a_curve() -> None:
    page = text("keywords")
    assert f"AUC {score('keywords', 'auc'):.4f}" in page
    assert f"The area under the curve is {score('keywords', 'auc'):.4f}" in page
    assert "Right: other taken for marvin" in page
    assert 'width="49" height="10"' in PAGES["keywords"]  # a spectrogram, time to the right


def test_values_have_errors_a_scatter_and_the_worst() -> None:
    page, of = text("prices"), VERIFIED["prices"].sets[0]
    assert "How far the device is from the truth" in page
    for metric in ("mean absolute error", "root mean square error", "R²"):
        assert metric in page
    assert PAGES["prices"].count("<circle cx") > 300
    assert len(of.details.points) <= 400
    worst = of.details.worst[0]
    assert worst.error is not None
    assert f"no. {worst.index:,} off by {worst.error:.4g}" in page
    assert "Accuracy on the device" not in page
    assert "Every misread" not in page


def test_reconstructions_have_scores_by_kind_a_curve_and_what_came_back() -> None:
    page, of = text("engines"), VERIFIED["engines"].sets[0]
    assert "What looks odd to the device" in page
    assert f"AUC {of.scores['auc']:.4f}" in page
    assert of.details.odd is not None
    assert f"{of.details.odd} odd" in page
    assert f"{of.details.answered - of.details.odd} normal" in page
    assert PAGES["engines"].count(", what the device gave") == 12
    assert PAGES["engines"].count('class="odd" x=') > 5
    assert "How well the device gives its inputs again" in text("unflagged")
    assert "operating characteristic" not in PAGES["unflagged"]
    assert PAGES["faces"].count("data:image/png") == 24


@pytest.mark.parametrize("name", list(tasks.ALL))
def test_the_record_is_small_and_gives_the_page_again(name: str, tmp_path: Path) -> None:
    path = tmp_path / "verification.json"
    VERIFIED[name].save(path)
    assert path.stat().st_size < 200_000
    again = Verification.load(path)
    assert not any(each.given or each.output for of in again.sets for each in of.details.worst)
    assert html.render(again, BUILD) == PAGES[name]
    json.dumps(to_jsonable(again), allow_nan=False)


@pytest.mark.parametrize("name", list(tasks.ALL))
def test_the_terminal_and_junit_say_the_scores(name: str) -> None:
    out = io.StringIO()
    terminal.render(Console(file=out, width=80, highlight=False), VERIFIED[name], BUILD)
    told = " ".join(out.getvalue().split())
    root = ElementTree.fromstring(junit.render(VERIFIED[name]))  # noqa: S314 - our own output
    properties = {each.attrib["name"]: each.attrib["value"] for each in root.iter("property")}
    (of,) = VERIFIED[name].sets
    said = root.findtext(f".//testcase[@name='all outputs: {of.name}']/system-out") or ""
    for metric, value in of.scores.items():
        assert float(properties[f"scores.{of.name}.{metric}"]) == value
        shown = text_of.scored(metric, value) if metric != "accuracy" else "right (95% interval"
        assert shown in said
        assert shown in told
    assert len(out.getvalue().splitlines()) <= 24


@pytest.mark.skipif(browser.BROWSER is None, reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize("name", ["gestures", "prices", "engines", "faces"])
def test_they_fit_desk_and_phone(tmp_path: Path, name: str) -> None:
    page = tmp_path / "report.html"
    page.write_text(PAGES[name], encoding="utf-8")
    layouts, console = browser.measure(tmp_path, page, 1280, 390, 320)
    assert console == []
    for layout in layouts:
        assert (layout.needed, layout.beyond, layout.broken) == (layout.width, [], 0), layout
        assert layout.images > 10


def _svg(address: str) -> str:
    head, _, data = address.partition(",")
    assert head == "data:image/svg+xml;base64"
    return base64.b64decode(data).decode()


def test_a_wave_is_a_line_a_channel_and_keeps_its_peaks() -> None:
    wave = np.zeros((16_000, 2), np.float32)
    wave[8_123, 1] = 5.0
    picture = _svg(drawing.draw(pictured((16_000, 2), wave.dtype), wave))
    assert picture.count('fill="none"') == 2
    assert len(picture) < 3_000
    low, high = (6 * 10, (drawing.HEIGHT - 6) * 10)
    peak = re.search(r'd="M0 (\d+)l([^"]*)" fill="none" stroke="#f0a94e"', picture)
    assert peak
    steps = [int(each) for each in re.findall(r"-?\d+", peak[2])][1::2]
    assert min(np.cumsum([int(peak[1]), *steps])) == low
    assert int(peak[1]) == high


def test_bars_stand_on_zero() -> None:
    picture = _svg(drawing.draw(pictured((3,), np.dtype(np.float32)), np.array([1.0, -1.0, 0.5])))
    tops = [int(each) for each in re.findall(r"V(\d+)h", picture)]
    zero = {int(each) for each in re.findall(r"h\d+V(\d+)z", picture)}
    assert tops == [60, 780, 240]
    assert zero == {420}


@pytest.mark.parametrize("shape", [(5,), (200,), (20, 20), (60, 9), (4, 4, 3), (64, 2)])
@pytest.mark.parametrize("filled", [0.0, 3.0, np.nan, np.inf, -3e38])
def test_whatever_is_in_a_sample_is_drawn(shape: tuple[int, ...], filled: float) -> None:
    values = np.full(shape, filled, np.float32)
    values.flat[0] = 3e38
    for sample in (values, np.full(shape, filled, np.float32)):
        address = drawing.draw(pictured(shape, sample.dtype), sample)
        if address.startswith("data:image/png"):
            Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).verify()
        else:
            picture = _svg(address)
            ElementTree.fromstring(picture)  # noqa: S314 - our own output
            assert all(re.fullmatch(r"[MVLZmvlhz0-9 -]+", path) for path in re.findall(r' d="([^"]*)"', picture))


def test_a_sample_is_clipped_to_the_scale_of_its_input() -> None:
    how = pictured((10, 10), np.dtype(np.float32))

    def png(sample: np.ndarray) -> np.ndarray:
        address = drawing.draw(how, sample, (0.0, 1.0))
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))

    assert png(np.full((10, 10), 7.0)).min() == 255
    assert set(png(np.full((10, 10), 0.5)).ravel()) == {127}


def test_a_record_of_another_hand_draws_no_nonsense() -> None:
    one = scores.bars(Distribution(2.0, 0.0, (7,)), "input")
    assert (one.bars[0].x, one.bars[0].height, one.zero, one.bars[0].title) == (0, 100, None, "2: 7")
    assert scores.bars(Distribution(0.0, 0.0, (0,)), "input").bars == ()
    assert scores.line(Curve((), ()), 0.5) is None
    assert scores.scatter(((1.0, 1.0),)) is not None
