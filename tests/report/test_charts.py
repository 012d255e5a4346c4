"""Geometry and figures: places stay inside their pictures, and nothing is rounded into a claim."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.report import samples
from toolkit.artifacts import DType, ElementType, LayerReport, PlannedBuffer, Score, TensorSpec, Ticks
from toolkit.artifacts.tensor import plain
from toolkit.errors import DatasetError
from toolkit.report import charts, inputs, memory, outputs, text
from toolkit.report.drawing import encode_png
from toolkit.report.pictures import DRAWN_SIDE, thumbnail
from toolkit.statistics import histogram, wilson_interval


def test_bars_hold_every_inference() -> None:
    ticks = samples.proven().ticks
    assert ticks is not None
    chart = charts.times(ticks, samples.build())
    told = [int(bar.title.split(": ")[1].split(" ")[0].replace(",", "")) for bar in chart.bars]
    assert sum(told) == samples.DIGITS + samples.EXTERNAL
    for bar in chart.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= 100
        assert 0 < bar.height <= 100
    assert 0 <= chart.median_at <= 100


def test_a_constant_time_is_said_in_words() -> None:
    chart = charts.times(Ticks("instructions", 52_000, 52_000, 52_000, histogram([52_000] * 9)), samples.build())
    assert chart.bars == ()
    assert chart.beyond == "Every inference took exactly the same."


@pytest.mark.parametrize(
    ("correct", "total", "first"),
    [(9689, 10_000, "96%"), (10, 10, "70%"), (0, 10, "0%"), (5, 10, "20%"), (1, 1, "20%")],
)
def test_the_axis_begins_below_the_interval(correct: int, total: int, first: str) -> None:
    chart = charts.intervals({"mnist": Score(correct, total, wilson_interval(correct, total))})
    (row,) = chart.rows
    assert chart.ticks[0] == (0.0, first)
    assert chart.ticks[-1] == (100.0, "100%")
    assert 0 <= row.low <= row.point <= row.high <= 100


def test_the_axis_also_holds_the_worst_digit() -> None:
    chart = charts.intervals({"mnist": Score(99, 100, (0.95, 0.99))}, ((60, 40), (0, 0)))
    assert [(row.label, row.share) for row in chart.classes] == [("0", "60.0%")]
    assert 0 <= chart.classes[0].point <= 100


def test_the_plan_fits_the_arena_and_buffers_alive_at_once_do_not_touch() -> None:
    build = samples.build()
    chart = memory.plan(build.plan, build.layers, build.arena_bytes, build.size.layers)
    assert chart is not None
    assert [label for _, _, label in chart.steps] == ["in", "1", "2", "3", "4", "5", "out"]
    for box in chart.boxes:
        assert box.x >= 0
        assert box.x + box.width <= 100.01
        assert box.y + 100 * int(box.bytes.replace(",", "")) / 1_612 <= 100.01
    assert [box.mark for box in chart.boxes] == list("ABCDEFG")
    assert [(line.code, line.calls) for line in chart.layers][-2:] == [("536", ""), ("20", "aot_softmax_s8.c")]
    assert memory.plan((), (), None, {}) is None


def test_the_plan_shows_rows_that_stream_and_where_most_is_in_use() -> None:
    """Two layers by rows: what is kept is striped, what is there for a while has its tensor's colour."""
    layers = tuple(LayerReport(f"layer{place}", ("CONV_2D",), 10, 10) for place in range(3))
    buffers = (
        PlannedBuffer("image, 3 of 28 rows", 0, 84, 0, 1, "rows", 3),
        PlannedBuffer("image, 1 more of 28 rows", 84, 28, 0, 0, "row", 1),
        PlannedBuffer("pool", 200, 100, 0, 2, "tensor"),
        PlannedBuffer("layer1 scratch", 84, 60, 1, 1, "scratch"),
        PlannedBuffer("out", 190, 60, 2, 3, "tensor"),
    )
    chart = memory.plan(buffers, layers, 300, {}, streamed=2)
    assert chart is not None
    kept, row, *_, scratch, _ = chart.boxes
    assert kept.bands == (33.333, 66.667) and row.bands == () and kept.colour == row.colour != scratch.colour
    assert chart.streamed == (0.0, 50.0) and chart.rows.startswith("Layers 1 to 2 run row by row")
    assert chart.peak == (25.0, 25.0) and chart.most == "244 bytes are in use at once, during layer 2"
    whole = memory.plan(buffers[2:], layers, 300, {})
    assert whole is not None
    # `out` lies partly under `pool`, which is counted once.
    assert (whole.streamed, whole.rows, whole.most) == (None, "", "160 bytes are in use at once, during layer 2")
    longest = memory.plan(buffers[4:], layers, 300, {})
    assert longest is not None and longest.most.startswith("60 bytes")


def test_a_deep_network_numbers_only_some_steps() -> None:
    layers = tuple(LayerReport(f"layer_{place}", ("CONV_2D",), 10, 10) for place in range(60))
    buffers = tuple(PlannedBuffer(f"t{place}", 0, 100, place, place + 1) for place in range(59))
    chart = memory.plan(buffers, layers, 100, {})
    assert chart is not None
    assert chart.long
    assert [label for _, _, label in chart.steps] == [str(1 + 5 * place) for place in range(12)]
    assert all(box.thin for box in chart.boxes)
    assert [box.mark for box in chart.boxes][25:28] == ["Z", "AA", "AB"]


def test_the_overview_has_one_pixel_for_each_image() -> None:
    everything = samples.all_results()
    everything = everything[:390]  # the last row is then cut short
    everything[5] = samples.changed(everything[5], bytes(10))
    everything[6] = samples.changed(everything[6], None)
    view = inputs.overview(samples.judged(everything))
    assert view is not None
    assert (view.side, view.rows) == (20, 20)
    assert view.right + view.wrong + view.differ + view.silent == 390
    assert (view.differ, view.silent) == (1, 1)
    assert [(ring.x, ring.y) for ring in view.rings] == [(5.5, 0.5), (6.5, 0.5)]


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (10, 10, "100.00%"),
        (99_999_999, 100_000_000, "99.99%"),
        (0, 10, "0.00%"),
        (1, 10_000_000, "<0.01%"),
        (0, 0, "-"),
        (9689, 10_000, "96.89%"),
    ],
)
def test_a_share_never_claims_all_or_nothing(part: int, whole: int, said: str) -> None:
    assert text.share(part, whole) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.00 kB"),
        (9_996, "10.0 kB"),
        (14_236, "14.2 kB"),
        (983_040, "983 kB"),
        (999_600, "1.00 MB"),
        (1_073_741_824, "1.07 GB"),
    ],
)
def test_sizes(size: int, said: str) -> None:
    assert text.size(size) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (136.2, "2 min 16 s"), (3840, "1 h 04 min")]
)
def test_durations(seconds: float, said: str) -> None:
    assert text.duration(seconds) == said


def test_milliseconds_only_where_they_are_known() -> None:
    ticks = Ticks("instructions", 1, 1, 1)
    assert text.as_time(64_000, ticks, 64_000_000) == ""
    assert text.as_time(64_000, dataclasses.replace(ticks, unit="cycles"), 64_000_000) == "1 ms at 64 MHz"
    assert text.as_time(64_000, dataclasses.replace(ticks, unit="cycles"), 0) == ""
    assert text.as_time(1_500, dataclasses.replace(ticks, unit="microseconds"), 0) == "1.5 ms"


SOFTMAX = TensorSpec("out", (1, 3), ElementType.INT8, 1 / 256, -128)


def test_confidence_is_given_only_for_probabilities() -> None:
    sure = bytes([127, 0x80, 0x80]).hex()
    assert outputs.confidence(sure, (SOFTMAX,)) == pytest.approx(255 / 256)
    assert outputs.confidence(sure, plain(DType.INT8, 3)) is None
    assert outputs.confidence(bytes([127, 127, 127]).hex(), (SOFTMAX,)) is None
    assert outputs.confidence(np.array([0.25, 0.75], "<f4").tobytes().hex(), plain(DType.FLOAT32, 8)) == 0.75
    assert outputs.confidence(np.array([-3.0, 7.5], "<f4").tobytes().hex(), plain(DType.FLOAT32, 8)) is None
    assert outputs.confidence(None, (SOFTMAX,)) is None


@given(st.binary(max_size=24), st.binary(max_size=24))
def test_runs_of_bytes_lose_nothing_and_mark_exactly_what_differs(mine: bytes, other: bytes) -> None:
    runs = outputs.compare(mine.hex(), other.hex())
    pairs = [(pair, run.differs) for run in runs for pair in run.hex.split()]
    assert bytes.fromhex("".join(pair for pair, _ in pairs)) == mine
    assert [differs for _, differs in pairs] == [
        place >= len(other) or byte != other[place] for place, byte in enumerate(mine)
    ]


def test_an_output_of_another_length_is_shown_not_hidden() -> None:
    shown = outputs.elements(bytes(10).hex(), bytes(4).hex(), plain(DType.INT8, 10))
    assert [element.device for element in shown] == ["0"] * 4 + ["-"] * 6
    assert [element.differs for element in shown] == [False] * 4 + [True] * 6
    assert outputs.predicted(bytes(3).hex(), plain(DType.FLOAT32, 4)) is None


def test_the_network_s_view_is_kept_to_the_last_grey() -> None:
    pixels = samples.pixels(1)[0]
    pixels[:16, :16] = np.arange(256, dtype=np.uint8).reshape(16, 16)
    with Image.open(io.BytesIO(encode_png(Image.fromarray(pixels)))) as read:
        assert np.array_equal(np.asarray(read), pixels)


def _file(picture: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("L", (700, 350), 200),
        Image.new("RGBA", (700, 350), (0, 0, 0, 0)),
        Image.new("P", (700, 350)),
        Image.fromarray(np.full((350, 700), 51_400, np.uint16)),
        Image.new("1", (700, 350), 1),
    ],
    ids=["grey", "transparent", "palette", "16 bits", "bilevel"],
)
def test_any_picture_becomes_a_small_one(picture: Image.Image) -> None:
    with Image.open(io.BytesIO(thumbnail(_file(picture), "x.png"))) as small:
        assert small.size == (DRAWN_SIDE, DRAWN_SIDE // 2)
        level = np.asarray(small.convert("L")).mean()
    if picture.mode in ("L", "I;16"):
        assert level == pytest.approx(200, abs=2)  # 51,400 of 65,535 is 200 of 255
    elif picture.mode in ("RGBA", "1"):
        assert level == pytest.approx(255, abs=1)  # what is transparent is paper


@pytest.mark.parametrize("data", [b"", b"no image", _file(Image.new("L", (50, 50)))[:60]], ids=["empty", "text", "cut"])
def test_a_broken_picture_is_named(data: bytes) -> None:
    with pytest.raises(DatasetError, match=r"holiday\.png is no image"):
        thumbnail(data, "holiday.png")
