"""Figures and tables as Markdown has them."""

from __future__ import annotations

from collections.abc import Sequence


def percent(value: float | None, digits: int = 2) -> str:
    """0.98765 -> 98.77; a dash for none."""
    return "-" if value is None else f"{100 * value:.{digits}f}"


def many(value: int | None) -> str:
    """With commas between thousands; a dash for none."""
    return "-" if value is None else f"{value:,}"


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], text: int = 1) -> list[str]:
    """Lines of a table whose first `text` columns are words; the others are figures, to the right."""
    rule = "|".join(["---"] * text + ["--:"] * (len(titles) - text))
    return [f"| {' | '.join(titles)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows), ""]
