"""A profile in words, as a table's rows, as a page and as a picture."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.report import browser
from toolkit.artifacts import DType, LayerProfile, Profile, Runtime, SharedKernel
from toolkit.report import profile as report

CONV = LayerProfile("layer 0", ("CONV_2D", "RELU"), "conv/Relu;conv/BiasAdd", 6_000, 0.6, 3_000, 900, 400, 800)
POOL = LayerProfile("layer 1", ("MAX_POOL_2D",), "pool", 1_000, 0.1, 0, 50, 100, 500)
DENSE = LayerProfile("layer 2", ("FULLY_CONNECTED",), "dense", 3_000, 0.3, 5_000, 5_200, 10, 120)

MEASURED = Profile(
    board="mps2-an386",
    board_name="AN386",
    model="net",
    dtype=DType.INT8,
    runtime=Runtime.AOT,
    build_id="0123456789abcdef",
    clock_hz=25_000_000,
    unit="instructions",
    estimate=False,
    total=9_950,
    inputs=10,
    input=4,
    fastest=9_900,
    slowest=9_990,
    layers=(CONV, POOL, DENSE),
    kernels=(SharedKernel("aot_dense_s8.c", 580, ("layer 0", "layer 2")), SharedKernel("aot_exp.c", 90, ())),
    date="2026-11-28T20:00:00+00:00",
)
COUNTED = tuple(
    dataclasses.replace(
        layer, instructions=layer.ticks // 2, least=layer.ticks - 9, most=layer.ticks + 99, flash_reads=7
    )
    for layer in MEASURED.layers
)
ESTIMATE = dataclasses.replace(
    MEASURED,
    board="nano33",
    board_name="Nano",
    clock_hz=64_000_000,
    unit="cycles",
    estimate=True,
    layers=COUNTED,
    weighed_by="a table",
    instructions=5_000,
    least=9_900,
    most=10_400,
    flash_reads=21,
    flash_waits=63,
)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("ticks", ["layer 0", "layer 2", "layer 1"]),
        ("order", ["layer 0", "layer 1", "layer 2"]),
        ("macs", ["layer 2", "layer 0", "layer 1"]),
        ("flash", ["layer 2", "layer 0", "layer 1"]),
        ("ram", ["layer 0", "layer 1", "layer 2"]),
    ],
)
def test_the_largest_come_first(by: str, names: list[str]) -> None:
    assert [row.name for row in report.rows(MEASURED, by)] == names
    assert by in report.ORDERS


def test_a_row_has_every_figure() -> None:
    row, pool, _ = report.rows(MEASURED, "order")
    assert (row.operators, row.tensor, row.ticks, row.share) == ("CONV_2D + RELU", "conv/Relu", "6,000", "60.0%")
    assert (row.macs, row.per_mac, row.flash, row.ram, row.live) == ("3,000", "2.00", "900", "400", "800")
    assert (pool.macs, pool.per_mac) == ("", "")
    assert [each.width for each in report.rows(MEASURED, "order")] == [100.0, 16.67, 50.0]


def test_cycles_have_a_time_and_instructions_none() -> None:
    assert (report.more(MEASURED), report.rows(MEASURED, "order")[0].more) == ("", "")
    assert (report.more(ESTIMATE), report.rows(ESTIMATE, "order")[0].more) == ("µs", "93.8")
    clock = dataclasses.replace(MEASURED, unit="microseconds", clock_hz=64_000_000)
    assert (report.more(clock), report.rows(clock, "order")[0].more) == ("cycles", "384,000")
    # This computer's board file has no clock to tell.
    assert report.more(dataclasses.replace(clock, clock_hz=1_000_000)) == ""


def test_an_estimate_is_called_one_wherever_it_is_shown() -> None:
    assert report.headline(ESTIMATE) == "About 9,950 cycles an inference: an estimate"
    assert report.headline(MEASURED) == "9,950 instructions an inference"
    for name in ("profile.html", "profile.svg"):
        assert "estimate" in report.render(ESTIMATE, name)
        assert "stimate" not in report.render(MEASURED, name)
    origin, waits, *_ = report.remarks(ESTIMATE)
    assert "Nothing was measured" in origin and "a table" in origin and "9,900 to 10,400" in origin
    assert waits == (
        "Not in it: waits for flash. 21 times a constant is read there, past the cache; each read may wait up to 3 "
        "cycles, all of them 63 at most, 1% more."
    )


def test_what_is_to_be_known_of_the_figures() -> None:
    told = report.remarks(MEASURED)
    assert "neither cycles nor time" in told[0]
    assert told[1:] == (
        "The layers, stopped after each, add up to 10,000 instructions: 0.50% more than in one go.",
        "Shown is input 4, the median of 10; they took 9,900 to 9,990.",
        "aot_dense_s8.c, 580 bytes of code, is shared by layer 0 and layer 2.",
    )


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 - of our own making


def test_the_picture_is_one_svg_and_the_page_needs_nothing_else(tmp_path: Path) -> None:
    report.write(tmp_path / "profile.json", ESTIMATE)
    root = parsed((tmp_path / "profile.svg").read_text(encoding="utf-8"))
    widths = [each.get("width") for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("class") == "bar"]
    assert widths == ["720.00", "120.02", "360.00"]
    page = (tmp_path / "profile.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "<script" not in page


def test_names_are_text() -> None:
    odd = dataclasses.replace(MEASURED, model="<b>\x1b[2J&", layers=(dataclasses.replace(CONV, tensor="</svg>"),))
    page = report.render(odd, "profile.html")
    assert "&lt;b&gt;\\x1b[2J&amp;" in page and "&lt;/svg&gt;" in page
    parsed(report.render(odd, "profile.svg"))


def test_nothing_was_taken_at_all() -> None:
    """A network without a layer, or a clock too coarse for it: figures of 0, and no division by them."""
    none = dataclasses.replace(MEASURED, total=0, fastest=0, slowest=0, layers=(dataclasses.replace(CONV, ticks=0),))
    assert report.rows(none, "ticks")[0].share == "-"
    report.render(dataclasses.replace(none, layers=()), "profile.html")


@pytest.mark.skipif(browser.BROWSER is None, reason="no Chromium")
def test_the_page_fits_a_phone(tmp_path: Path) -> None:
    report.write(tmp_path / "profile.json", ESTIMATE)
    found, console = browser.measure(tmp_path, tmp_path / "profile.html", 360, 1200)
    assert [each.needed for each in found] == [each.width for each in found]
    assert [each.beyond for each in found] == [[], []]
    assert console == []
