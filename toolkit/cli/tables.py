"""Tables on the terminal. None is wider than it: a column of words is folded, and what still has no room comes below.

A figure is never cut or broken in two: it would be another one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from toolkit.cli import output

Cell = str | Text

_GAP = 1  # characters to the left and to the right of a cell
_WORDS = 12  # characters: a column of words is made no narrower, or as narrow as its longest word
_WORD = 28  # characters: a longer word, such as a path, is broken


def show(
    titles: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    figures: Collection[str] = (),
    dim: Collection[str] = (),
    title: str = "",
    keys: int = 1,
) -> None:
    """Print a table on stdout.

    Args:
        titles: of the columns.
        rows: cells in the order of `titles`. A str is shown as it is: it is no markup.
        figures: titles of the columns that are set to the right and never folded.
        dim: titles of the columns that are less important.
        title: of the whole.
        keys: how many columns from the left say what a row is about; they are repeated where the others go on below.
    """
    console = output.stdout()
    cells = [[each if isinstance(each, Text) else Text(output.visible(each)) for each in row] for row in rows]
    columns = [
        _Column(name, [row[place] for row in cells], name in figures, place < keys) for place, name in enumerate(titles)
    ]
    if _width(columns) > console.width:
        for column in columns:
            column.fold_title()
    for number, block in enumerate(_blocks(columns, keys, console.width)):
        if number:
            console.print()
        _print(console, block, title if number == 0 else "", dim)


class _Column:
    """One column: its cells, and how narrow it may be."""

    def __init__(self, name: str, cells: list[Text], figures: bool, key: bool) -> None:
        self.name, self.cells, self.figures = name, cells, figures
        self.title = name
        self.whole = figures or (key and max((cell.cell_len for cell in cells), default=0) <= _WORD)

    def fold_title(self) -> None:
        """The title on several lines, where it is wider than what stands below."""
        below = max((cell.cell_len for cell in self.cells), default=0)
        if self.figures and len(self.title) > below:
            self.title = re.sub(r" (?!%)", "\n", self.title)

    @property
    def narrowest(self) -> int:
        """Characters that it must have."""
        lines = [*self.title.splitlines(), *(cell.plain for cell in self.cells)]
        whole = max((Text(line).cell_len for line in lines), default=0)
        if self.whole:
            return whole
        words = [word for line in lines for word in line.split()]
        longest = max((Text(word).cell_len for word in words), default=0)
        return min(whole, max(min(longest, _WORD), _WORDS))


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.narrowest for column in columns) + 2 * _GAP * (len(columns) - 1)


def _blocks(columns: list[_Column], keys: int, width: int) -> list[list[_Column]]:
    """The columns side by side, as many as there is room for, then the others; each block begins with the keys."""
    blocks = [columns[:keys]]
    for column in columns[keys:]:
        if len(blocks[-1]) > keys and _width([*blocks[-1], column]) > width:
            blocks.append(columns[:keys])
        blocks[-1] = [*blocks[-1], column]
    return blocks


def _print(console: Console, columns: Sequence[_Column], title: str, dim: Collection[str]) -> None:
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, padding=(0, _GAP))
    for place, column in enumerate(columns):
        table.add_column(
            Text(column.title),
            justify="right" if column.figures else "left",
            no_wrap=column.whole,
            min_width=column.narrowest,
            overflow="fold",
            style="dim" if column.name in dim else "bold" if place == 0 else "",
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*cells)
    console.width = max(console.width, _width(columns))  # the terminal breaks the line then, and cuts nothing off
    console.print(table)
