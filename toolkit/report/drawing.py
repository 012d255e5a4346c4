"""Samples as small pictures of their form: PNG for pixels, SVG for lines and bars."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from toolkit.data.pictured import Form, Pictured

HEIGHT, WIDTH = 84, 168
"""CSS pixels of what is drawn with lines, which the page may scale."""

_STEPS = 10
"""Units of such a drawing in a pixel, so that whole numbers are fine enough."""

_POINTS = 336
"""Of all lines of a drawing together: two a pixel, the lowest and the highest of what falls there."""

_GROUND, _AXIS = "#14181d", "#3a434d"
_LINES = ("#6d9cf5", "#f0a94e", "#3fbf94", "#dd82bd", "#9b8ff0", "#86c7ec", "#cbab55", "#aab2bc")

_HEAT = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Five colours along Matplotlib's viridis, evenly spaced: lighter is more, also for those who see no colours."""

Plane = npt.NDArray[Any]


def data_uri(data: bytes, mime: str) -> str:
    """An image as a `data:` address."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def encode_png(picture: Image.Image) -> bytes:
    """A picture as a small PNG that keeps every value; transparency is taken from `picture.info`."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def draw(how: Pictured, sample: Plane, span: tuple[float, float] | None = None) -> str:
    """A sample as the address of its picture.

    uint8 images are shown as they are. All else goes from the lowest value, black or below, to the highest.

    Args:
        sample: its elements, in any type and in any shape of as many.
        span: the lowest and the highest value; None takes the sample's own. What lies outside is clipped.
    """
    plane = how.plane(sample)
    if how.form is Form.IMAGE and plane.dtype == np.uint8 and span is None:
        return data_uri(encode_png(Image.fromarray(np.ascontiguousarray(plane))), "image/png")
    values = _finite(plane)
    low, high = span or (float(values.min()), float(values.max()))
    if how.form is Form.WAVE:
        return _svg(_wave(values, low, high))
    if how.form is Form.BARS:
        return _svg(_bars(values, low, high))
    shares = np.clip((values - low) / (high - low) if high > low else np.zeros_like(values), 0, 1)
    picture = Image.fromarray((np.iinfo(np.uint8).max * shares).astype(np.uint8))
    if how.form is Form.SPECTROGRAM:
        picture = picture.convert("P")
        picture.putpalette(_palette())
    return data_uri(encode_png(picture), "image/png")


def span_of(sample: Plane) -> tuple[float, float]:
    """The lowest and the highest value of a sample."""
    values = _finite(sample)
    return float(values.min()), float(values.max())


def _finite(values: Plane) -> npt.NDArray[np.float64]:
    """NaN as 0, and what is infinite, or so large that differences would be, as the largest float32."""
    most = float(np.finfo(np.float32).max)
    return np.nan_to_num(np.asarray(values, np.float64), posinf=most, neginf=-most).clip(-most, most)


def _palette() -> list[int]:
    at = np.linspace(0, len(_HEAT) - 1, 256)
    channels = [np.interp(at, range(len(_HEAT)), [colour[place] for colour in _HEAT]) for place in range(3)]
    return [int(level) for level in np.stack(channels, axis=1).round().ravel()]


def _svg(inside: str) -> str:
    width, height = WIDTH * _STEPS, HEIGHT * _STEPS
    page = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{width}" height="{height}" fill="{_GROUND}"/>{inside}</svg>'
    )
    return data_uri(page.encode(), "image/svg+xml")


def _heights(values: npt.NDArray[np.float64], low: float, high: float) -> npt.NDArray[np.int64]:
    """From the top, in steps, with a margin of 6 pixels; in the middle if all is the same."""
    shares = np.clip((values - low) / (high - low), 0, 1) if high > low else np.full_like(values, 0.5)
    return np.asarray(np.rint(_STEPS * (HEIGHT - 6 - shares * (HEIGHT - 12))), np.int64)


def _axis(low: float, high: float) -> str:
    """Where 0 is, if it is seen."""
    if not low < 0 < high:
        return ""
    place = int(_heights(np.zeros(1), low, high)[0])
    return f'<path d="M0 {place}h{WIDTH * _STEPS}" stroke="{_AXIS}" stroke-width="{_STEPS}"/>'


def _wave(values: npt.NDArray[np.float64], low: float, high: float) -> str:
    """[samples, channels]: a line a channel."""
    lines = []
    for channel in range(values.shape[1] - 1, -1, -1):  # the first lies on top
        course = values[:, channel]
        places = np.arange(len(course))
        bins = _POINTS // (2 * values.shape[1])
        if len(course) > 2 * bins:
            parts = np.array_split(places, bins)
            places = np.array(
                [each for part in parts for each in sorted((part[course[part].argmin()], part[course[part].argmax()]))]
            )
        across = np.rint(places * (WIDTH * _STEPS / max(1, len(course) - 1))).astype(int)
        down = _heights(course[places], low, high)
        steps = "".join(f"{x} {y} " for x, y in zip(np.diff(across), np.diff(down), strict=True)).replace(" -", "-")
        lines.append(
            f'<path d="M{across[0]} {down[0]}l{steps.strip()}" fill="none" stroke="{_LINES[channel % len(_LINES)]}" '
            f'stroke-width="{1.5 * _STEPS:g}" stroke-linejoin="round"/>'
        )
    return _axis(low, high) + "".join(lines)


def _bars(values: npt.NDArray[np.float64], low: float, high: float) -> str:
    """[elements]: a bar each, from 0."""
    low, high = min(low, 0.0), max(high, 0.0)
    zero = int(_heights(np.zeros(1), low, high)[0])
    pitch = WIDTH * _STEPS / max(1, len(values))
    bars = "".join(
        f"M{round(pitch * (place + 0.12))} {zero}V{down}h{round(pitch * 0.76)}V{zero}z"
        for place, down in enumerate(_heights(values, low, high).tolist())
    )
    return f'{_axis(low, high)}<path d="{bars}" fill="{_LINES[0]}"/>'
