"""The same rows of `make bench` under several compilers, side by side in docs/benchmarks.md.

python -m bench.engines --only "proposed" --out build/one.json         # on each system, with its own compilers
python -m bench.compilers "GCC 12.2=build/one.json" "GCC 14.2=other/build/one.json" --page
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.rows import Row, write_page

Key = tuple[str, str, str, str]
"""Board, model, type, engine."""


def read(file: Path) -> dict[Key, Row]:
    """Our own rows of a list that `bench.engines` wrote, in its order."""
    rows = [Row(**each) for each in json.loads(file.read_text(encoding="utf-8"))]
    return {(row.board, row.model, row.dtype, row.engine): row for row in rows if not (row.peer or row.quoted)}


def table(lists: Mapping[str, Mapping[Key, Row]]) -> str:
    """The rows that every list has, as Markdown; `lists` by the compiler's name.

    Raises:
        ValueError: no row is in all of them.
    """
    first, *others = lists.values()
    keys = [key for key in first if all(key in other for other in others)]
    if not keys:
        raise ValueError("the lists have no row in common")
    heads = [f"{name}: {what}" for what in ("per inference", "flash, bytes", "whole image") for name in lists]
    lines = [f"| board | model | engine | {' | '.join(heads)} |", f"|---|---|---|{'--:|' * len(heads)}"]
    for key in keys:
        board, model, dtype, engine = key
        rows = [each[key] for each in lists.values()]
        counts = ["not counted" if row.instructions is None else f"{row.instructions:,}" for row in rows]
        images = ["" if row.image_bytes is None else f"{row.image_bytes:,}" for row in rows]
        cells = [*counts, *(f"{row.flash_bytes:,}" for row in rows), *images]
        lines.append(f"| {board} | {model} {dtype} | {engine} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table, and put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lists", nargs="+", metavar="NAME=FILE", help="a compiler's name, and a list made with it")
    parser.add_argument("--page", action="store_true", help="write the table into docs/ as well")
    given = parser.parse_args(argv)
    lists: dict[str, dict[Key, Row]] = {}
    for each in given.lists:
        name, _, file = each.partition("=")
        lists.setdefault(name, {}).update(read(Path(file)))
    made = table(lists)
    if given.page:
        write_page({"compilers": made})
    print(made)


if __name__ == "__main__":
    main()
