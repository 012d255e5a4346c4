"""docs/uno.md gave flash and cycles of the study's networks as an older compiler made them."""

from __future__ import annotations

import re
from pathlib import Path

from toolkit import resources
from toolkit.smallest import measure

SHIPPED = {"half", "tiny-row", "smallest"}
"""`compact` does not ship, and the package's `proposed` is not the study's."""
PAGE = Path(__file__).parents[2] / "docs" / "uno.md"


def test_what_the_page_says_is_what_was_measured() -> None:
    text = PAGE.read_text(encoding="utf-8")
    seen = set()
    for row in measure.known(resources.models() / "smallest_study"):
        if (row.board, row.stream) != ("uno", measure.AUTO) or row.name not in SHIPPED:
            continue
        line = next(line for line in text.splitlines() if line.startswith(f"| `{row.name}` |"))
        figures = [int(each.replace(",", "")) for each in re.findall(r"\| ([\d,]+)", line)]
        assert row.ram_bytes is not None and row.stack_bytes is not None
        together = row.ram_bytes + row.stack_bytes
        wanted = (row.asked, row.flash_bytes, row.ram_bytes, row.stack_bytes, together, row.arena_bytes, row.ticks)
        assert tuple(figures) == wanted, row.name
        seen.add(row.name)
    assert seen == SHIPPED
