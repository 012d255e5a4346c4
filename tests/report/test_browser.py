"""The report in a real browser: no horizontal scroll bar, no console error, every picture shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report import browser, samples
from toolkit.report import html

pytestmark = pytest.mark.skipif(browser.BROWSER is None, reason="no Chromium: apt-get install chromium")


@pytest.mark.parametrize("state", ["proven", "broken"])
def test_it_fits_desk_and_phone_without_a_complaint(tmp_path: Path, state: str) -> None:
    verification = samples.proven() if state == "proven" else samples.broken()
    page = tmp_path / "report.html"
    html.write(page, verification, samples.build(), samples.images())
    layouts, console = browser.measure(tmp_path, page, 1280, 390, 320)
    assert console == []
    for layout in layouts:
        assert layout.needed == layout.width, layout
        assert layout.beyond == [], layout
        assert layout.broken == 0
        assert layout.images > 2 * samples.EXTERNAL
        assert layout.text > 3_000


def test_the_check_can_fail(tmp_path: Path) -> None:
    page = tmp_path / "wide.html"
    page.write_text(
        '<!doctype html><meta charset="utf-8"><body><p style="width:900px">wide</p>'
        '<img alt="" src="data:image/png;base64,AAAA"><script>nosuch()</script>'
    )
    layouts, console = browser.measure(tmp_path, page, 1280, 390)
    assert [layout.needed > layout.width for layout in layouts] == [False, True]
    assert layouts[1].beyond
    assert layouts[0].broken == 1
    assert any("nosuch" in line for line in console)
