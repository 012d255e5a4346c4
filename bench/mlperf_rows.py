"""What `make bench-mlperf` finds, what was found elsewhere, what was aimed at, and the tables of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        network: of `bench.mlperf.NETWORKS`; board: an id.
        stream: how rows stream; "off": not.
        instructions: median of an inference.
        flash_bytes: of the whole image; arena_bytes: of the static arena; ram_bytes: arena and stack.
            None: not known.
        engine: and what compiled it.
        quoted: from another run.
    """

    network: str
    board: str
    optimise: str
    stream: str
    instructions: int | None
    flash_bytes: int | None
    arena_bytes: int | None
    ram_bytes: int | None
    engine: str
    quoted: bool = False


def _tflm(network: str, board: str, optimise: str, count: int, flash: int | None, ram: int | None) -> Row:
    compiler = "clang 14" if board == "mps3-an547" else "GCC 12.2"
    engine = f"TFLM + CMSIS-NN, {compiler}"
    return Row(network, board, optimise, "off", count, flash, None, ram, engine, quoted=True)


# Measured in November 2026 on the same networks, machine models and firmware: TensorFlow Lite Micro of 2026-08-20 with
# CMSIS-NN of 2026-07-15, release build, by the compiler that makes it fastest; every output exact. Rounded as noted.
QUOTED = (
    _tflm("kws", "mps2-an386", "speed", 7_700_000, 147_000, 24_000),
    _tflm("resnet8", "mps2-an386", "speed", 29_860_000, 192_000, 56_200),
    _tflm("vww", "mps2-an386", "speed", 24_100_000, 427_000, 101_900),
    _tflm("ad", "mps2-an386", "speed", 582_000, 316_000, 3_500),
    _tflm("kws", "mps3-an547", "speed", 1_735_000, 150_000, 28_800),
    _tflm("resnet8", "mps3-an547", "speed", 4_523_000, 194_000, 56_400),
    _tflm("vww", "mps3-an547", "speed", 6_170_000, 430_000, 102_200),
    _tflm("ad", "mps3-an547", "speed", 63_800, 311_000, 10_300),
    _tflm("kws", "mps2-an386", "size", 9_200_000, None, None),
    _tflm("resnet8", "mps2-an386", "size", 41_100_000, None, None),
    _tflm("vww", "mps2-an386", "size", 28_600_000, None, None),
    _tflm("ad", "mps2-an386", "size", 840_000, None, None),
)

GOALS = {
    ("kws", "mps2-an386", "speed", "instructions"): 3_100_000,
    ("resnet8", "mps2-an386", "speed", "instructions"): 12_000_000,
    ("vww", "mps2-an386", "speed", "instructions"): 6_000_000,
    ("ad", "mps2-an386", "speed", "instructions"): 330_000,
    ("kws", "mps3-an547", "balanced", "instructions"): 1_000_000,
    ("resnet8", "mps3-an547", "balanced", "instructions"): 2_400_000,
    ("vww", "mps3-an547", "balanced", "instructions"): 2_200_000,
    ("ad", "mps3-an547", "balanced", "instructions"): 48_000,
    ("kws", "mps2-an386", "balanced", "flash_bytes"): 58_000,
    ("resnet8", "mps2-an386", "balanced", "flash_bytes"): 108_000,
    ("vww", "mps2-an386", "balanced", "flash_bytes"): 125_000,
    ("ad", "mps2-an386", "balanced", "flash_bytes"): 290_000,
    # One and a half times what the multiplications cost: docs/compiler.md.
    ("kws", "m0plus-an386", "balanced", "instructions"): 10_290_000,
    ("kws", "riscv-virt", "balanced", "instructions"): 10_290_000,
}
"""What was aimed at: network, board, optimisation, figure."""

_FLOORS = {
    "mps2-an386": {"DEPTHWISE_CONV_2D": 1.9, "CONV_2D": 0.69, "FULLY_CONNECTED": 0.69},
    "mps3-an547": {"DEPTHWISE_CONV_2D": 0.139, "CONV_2D": 0.109, "FULLY_CONNECTED": 0.109},
    "m0plus-an386": {"DEPTHWISE_CONV_2D": 3.25, "CONV_2D": 2.5, "FULLY_CONNECTED": 3.25},
    "riscv-virt": {"DEPTHWISE_CONV_2D": 3.25, "CONV_2D": 2.5, "FULLY_CONNECTED": 3.25},
}
"""Instructions a multiply-accumulate of the inner loops alone: eleven for sixteen (aot_gemm_dsp.h), SMLAD on row pairs
with their loads for nine taps; for vectors seven for sixty-four, and five for four outputs of nine taps; of the others:
docs/compiler.md."""


def _figure(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def table(rows: Sequence[Row]) -> str:
    """The rows by network and board as Markdown."""
    order = {name: place for place, name in enumerate(dict.fromkeys(row.network for row in rows))}
    boards = {name: place for place, name in enumerate(dict.fromkeys(row.board for row in rows))}
    lines = [
        "| network | board | engine | for | rows stream | instructions | flash, whole image | arena | RAM with stack |",
        "|---|---|---|---|---|--:|--:|--:|--:|",
    ]
    for row in sorted(rows, key=lambda row: (order[row.network], boards[row.board])):
        engine = f"*{row.engine}* (quoted)" if row.quoted else row.engine
        figures = (row.instructions, row.flash_bytes, row.arena_bytes, row.ram_bytes)
        cells = (row.network, row.board, engine, row.optimise, row.stream, *map(_figure, figures))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def missed(
    rows: Sequence[Row],
    layers: Mapping[str, Sequence[Mapping[str, Any]]],
    goals: Mapping[tuple[str, str, str, str], int],
) -> str:
    """What was aimed at and not reached; of instructions by layer, with the floor of each inner loop."""
    parts = []
    for (network, board, optimise, figure), goal in goals.items():
        found = [
            (getattr(row, figure), row)
            for row in rows
            if (row.network, row.board, row.optimise) == (network, board, optimise)
        ]
        if not found or min(value for value, _ in found) <= goal:
            continue
        value, row = min(found, key=lambda each: each[0])
        parts.append(f"{network} on {board} for {optimise}: {value:,} {figure.replace('_', ' ')}, aimed at {goal:,}.")
        if figure == "instructions":
            key = f"{network} {board} {optimise}"
            parts.append(_by_layer(board, layers.get(f"{key} {row.stream}", ())))
    return "\n\n".join(part for part in parts if part)


def _by_layer(board: str, layers: Sequence[Mapping[str, Any]]) -> str:
    kinds: dict[str, list[int]] = {}
    for layer in layers:
        sums = kinds.setdefault(str(layer["operators"][0]), [0, 0, 0])
        for place, value in enumerate((1, layer["macs"], layer["instructions"] or 0)):
            sums[place] += value
    lines = [
        "| layers | how many | MACs | instructions | a MAC | floor a MAC | floor |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for kind, (count, macs, instructions) in kinds.items():
        floor = _FLOORS.get(board, {}).get(kind)
        each = f"{instructions / macs:.2f}" if macs else ""
        least = (f"{floor}", f"{floor * macs:,.0f}") if floor and macs else ("", "")
        lines.append(f"| {kind} | {count} | {macs:,} | {instructions:,} | {each} | {least[0]} | {least[1]} |")
    return "\n".join(lines) if kinds else ""
