"""What `make bench` finds, and what was found elsewhere: rows, and the table that docs/benchmarks.md shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        engine: and how it was optimised.
        instructions: median of an inference, in `unit`; None where nothing counts them.
        flash_bytes, ram_bytes: engine and model; RAM with the stack's high-water mark of the whole firmware, where the
            port measures it.
        image_bytes: flash of the whole firmware; None where the source does not tell.
        macs: multiply-accumulates whose results are used, the same number for every engine; None if not known.
        quoted: the figure is from elsewhere, measured in another run.
        peer: another engine than ours.
    """

    engine: str
    model: str
    dtype: str
    board: str
    instructions: int | None
    unit: str
    flash_bytes: int
    ram_bytes: int
    image_bytes: int | None
    macs: int | None
    quoted: bool = False
    peer: bool = False


# Measured earlier on the same network, machine model and compiler (GCC 12.2.1, QEMU mps2-an386), TensorFlow Lite Micro
# and its CMSIS-NN kernels built from their sources by hand; docs/tflm.md tells more. RAM without the stack.
QUOTED = tuple(
    Row(engine, "proposed", dtype, "mps2-an386", count, "instructions", flash, ram, None, None, quoted=True, peer=True)
    for engine, dtype, count, flash, ram in (
        ("TFLM + CMSIS-NN -O3", "int8", 777_892, 56_040, 6_460),
        ("TFLM + CMSIS-NN -Os", "int8", 889_754, 44_064, 6_460),
        ("TFLM reference -Os", "int8", 2_504_729, 37_112, 6_364),
        ("TFLM reference -O3", "float32", 1_262_316, 48_192, 18_328),
        ("onnx2c -O3", "float32", 146_881, 8_056, 19_512),
        ("ml4f (ReLU in place of LeakyReLU)", "float32", 152_515, 6_928, 11_264),
    )
)


def _whole(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown, in their order."""
    lines = [
        "| board | model | engine | per inference | per MAC | flash, bytes | RAM, bytes | whole image |",
        "|---|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        each = f"{row.instructions / row.macs:.2f}" if row.macs and row.instructions is not None else ""
        count = "not counted" if row.instructions is None else f"{row.instructions:,} {row.unit}"
        name = f"*{row.engine}* (quoted)" if row.quoted else row.engine
        lines.append(
            f"| {row.board} | {row.model} {row.dtype} | {name} | {count} | {each} "
            f"| {row.flash_bytes:,} | {row.ram_bytes:,} | {_whole(row.image_bytes)} |"
        )
    return "\n".join(lines)


def between_markers(text: str, name: str, content: str) -> str:
    """The page with `content` between `<!-- NAME: begin -->` and `<!-- NAME: end -->`, the rest of it as it was.

    Raises:
        ValueError: a marker is missing.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the page lacks the markers {begin} and {end}")
    return f"{head}{begin}\n{content}\n{end}{tail}"


def write_page(sections: dict[str, str], page: Path = PAGE) -> None:
    """Put each section's text between its markers."""
    text = page.read_text(encoding="utf-8")
    for name, content in sections.items():
        text = between_markers(text, name, content)
    page.write_text(text, encoding="utf-8")
