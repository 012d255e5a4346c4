"""The part of docs/smallest.md on boards: what was built and proven there, and RAM by rows, calculated and measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit import board as board_files
from toolkit.smallest.measure import AUTO, OFF, ROWS, Measured
from toolkit.smallest.results import Row
from toolkit.smallest.tables import many, percent, table

BY_ROWS, BOUND, WHERE = "tiny-row", 512, "uno"
"""The network of the target on RAM by rows, bytes that it stays under, and the board that such a network is for."""

UPRIGHT = "smallest-upright"
_TOLD = (
    f"`{UPRIGHT}` is the topology of `smallest` on pictures that the device sets upright by the moments of their ink, "
    "in integers, before the network reads them (`firmware/engine/straighten.c`, `tinyml run --upright`): the "
    "slant is the covariance of x and y over the variance of y, to the 256th of a pixel a row, and each row moves back "
    "by it. `toolkit/data/straighten.py` is the same in NumPy, bit for bit: by it the host knows what the network "
    "reads, and every output and layer is held to that. The whole picture has to be there first, so it does not run "
    "by rows."
)
_PARTS = ("flash_bytes", "ram_bytes", "stack_bytes", "ticks")


def more(value: int | None, beside: int | None) -> str:
    """A figure, and how much more it is than another."""
    if value is None or beside is None:
        return "-"
    return f"{value:,} ({value - beside:+,})"


def _under(row: Measured) -> bool:
    return row.arena_bytes is not None and row.arena_bytes < BOUND


def held(told: str, known: Sequence[Measured]) -> str:
    """The target's result, held to the arena that the firmware has: without a measured one nothing is met."""
    row = next((row for row in known if (row.name, row.board, row.stream) == (BY_ROWS, WHERE, ROWS)), None)
    if row is None:
        return f"{told.replace('met', 'not measured', 1)}, and no arena is measured"
    arena = f"arena {many(row.arena_bytes)} bytes on {row.board}"
    return f"{told}, {arena}" if _under(row) else f"{told.replace('met', 'missed', 1)}, but {arena}"


def _inference(row: Measured) -> str:
    """Its ticks, and of cycles the milliseconds by the board's clock."""
    if row.ticks is None:
        return "-"
    clock = board_files.load(row.board, Path()).mcu.clock_hz
    ms = f" ({1000 * row.ticks / clock:.0f} ms)" if row.unit == "cycles" and clock else ""
    return f"{row.ticks:,} {row.unit}{ms}"


def boards(known: Sequence[Measured]) -> list[str]:
    """Of every network on every board, as it is built by default."""
    lines = [
        (
            f"`{row.name}`",
            row.board,
            row.refused or f"{row.verdict}, {row.exact:,} of {row.asked:,}",
            "" if row.refused else row.optimise,
            many(row.flash_bytes),
            many(row.ram_bytes),
            many(row.stack_bytes or None),
            _inference(row),
        )
        for row in known
        if row.stream == AUTO
    ]
    titles = ("network", "board", "outputs", "optimise", "flash", "RAM", "stack, painted", "an inference")
    return (
        [
            "## On boards",
            "",
            "Emulated ones: no physical board was available. Flash and RAM are those of the whole image, link and test "
            "harness included; the stack comes on top. Built by default otherwise: rows stream where that lowers the "
            "arena by an eighth. Tied weights lie in flash once on the Uno; the Cortex-M4F's kernels read weights and "
            "scales as one stream, a copy for each use ([compiler.md](compiler.md#tied-weights)). Each is the judged "
            "file; `compact` and `proposed` do not ship: the package's own `proposed` is another, of the same size.",
            "",
            *table(titles, lines, text=4),
        ]
        if lines
        else []
    )


def by_rows(rows: Sequence[Row], known: Sequence[Measured]) -> list[str]:
    """What a network takes whose input comes row by row: calculated, and as the compiler plans it for a core."""
    calculated = {row.network: row.row_bytes for row in rows if row.stands}
    lines, over = [], []
    for row in known:
        if row.stream != ROWS or row.refused:
            continue
        lines.append(
            (
                f"`{row.name}`",
                row.board,
                f"{row.verdict}, {row.exact:,} of {row.asked:,}",
                many(calculated.get(row.name)),
                many(row.arena_bytes),
                many(row.ram_bytes),
                many(row.stack_bytes or None),
                many(row.flash_bytes),
                _inference(row),
            )
        )
        if row.name == BY_ROWS:
            over.append(f"{'under' if _under(row) else '**not under**'} {BOUND} bytes on {row.board}")
    if not lines:
        return []
    titles = ("network", "board", "outputs", "calculated", "arena", "RAM", "stack, painted", "flash", "an inference")
    return [
        "By rows (`--stream rows`) the picture is never in RAM as a whole. *Arena* is what the network itself has: "
        "windows, tensors, scratch. It is not what was calculated: a convolution with its pool keeps four rows in "
        "place of three, and kernels for DSP instructions take scratch; but windows share rooms, and a depthwise "
        "row is there only until it is mixed. *RAM* is the whole image's.",
        "",
        *table(titles, lines, text=3),
        *([f"So the arena of `{BY_ROWS}` is {', '.join(over)}.", ""] if over else []),
    ]  # fmt: skip


def upright(rows: Sequence[Row], known: Sequence[Measured]) -> list[str]:
    """What it takes to set a picture upright, beside the same topology without."""
    row = next((row for row in rows if row.network == UPRIGHT and row.stands), None)
    plain = next((row for row in rows if row.network == "smallest" and row.stands), None)
    if row is None or plain is None:
        return []
    boards = {each.board: each for each in known if each.name == "smallest" and each.stream == OFF}
    lines = []
    for each in known:
        beside = boards.get(each.board)
        if each.name == UPRIGHT and not each.refused and beside is not None:
            lines.append((each.board, *(more(getattr(each, part), getattr(beside, part)) for part in _PARTS)))
    return (
        [
            "## Set upright",
            "",
            f"{_TOLD} Int8, means of {row.pipelines} and {plain.pipelines} pipelines: **{percent(row.int8_mean)} %** "
            f"of the upright test images, {percent(plain.int8_mean)} % of them as they are by `smallest`.",
            "",
            *table(("board", "flash", "RAM", "stack, painted", "an inference, ticks"), lines),
            "What it takes, beside `smallest` with its pictures whole too (`--stream off`).",
            "",
        ]
        if lines
        else []
    )
