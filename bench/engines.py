"""`make bench`: instructions, flash and RAM of one inference, for every engine and board of this machine, in one run.

Writes build/bench.json, a list of {engine, model, dtype, board, instructions, flash_bytes, ram_bytes, ...}, and the
table between the markers of docs/benchmarks.md. Nothing is timed: instructions are counted by QEMU's `-icount shift=0`,
cycles by simavr, both exact and repeatable.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- engines: begin -->", "<!-- engines: end -->"

ENGINE_OWNERS = ("model", "kernels", "engine")
"""Of a size report: what computes the network, without the serial link, the port and the C library."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        engine: and how it was optimised.
        instructions: median of an inference, in `unit`.
        flash_bytes, ram_bytes: engine and model; RAM with the stack's high-water mark of the whole firmware.
        image_bytes: flash of the whole firmware; None where the source does not tell.
        macs: multiply-accumulates that are computed.
        quoted: the figure is from elsewhere, measured in another run.
    """

    engine: str
    model: str
    dtype: str
    board: str
    instructions: int
    unit: str
    flash_bytes: int
    ram_bytes: int
    image_bytes: int | None
    macs: int | None
    quoted: bool


# Measured earlier on the same network, machine model and compiler (GCC 12.2.1, QEMU mps2-an386), TensorFlow Lite Micro
# and its CMSIS-NN kernels built from their sources by hand; docs/tflm.md tells more. RAM without the stack.
QUOTED = tuple(
    Row(engine, "proposed", dtype, "mps2-an386", count, "instructions", flash, ram, None, None, quoted=True)
    for engine, dtype, count, flash, ram in (
        ("TFLM + CMSIS-NN -O3", "int8", 777_892, 56_040, 6_460),
        ("TFLM + CMSIS-NN -Os", "int8", 889_754, 44_064, 6_460),
        ("TFLM reference -Os", "int8", 2_504_729, 37_112, 6_364),
        ("TFLM reference -O3", "float32", 1_262_316, 48_192, 18_328),
        ("onnx2c -O3", "float32", 146_881, 8_056, 19_512),
        ("ml4f (ReLU in place of LeakyReLU)", "float32", 152_515, 6_928, 11_264),
    )
)


def measure(workspace: Path, board: str, model: str, dtype: str, optimise: str, images: int) -> Row | None:
    """Build, boot and verify; None if the model does not fit the board, or has no file of this type.

    Raises:
        SystemExit: the outputs are not the host's: a figure for a wrong answer is worth nothing.
    """
    argv = [sys.executable, "-m", "toolkit.cli.main", "run", "--board", board, "--model", model, "--dtype", dtype]
    argv += ["--optimise", optimise, "--limit", str(images), "--json", "-C", str(workspace)]
    if board == "uno":
        argv.append("--emulate")
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode in (1, 3):
        print(f"  {board} {model} {dtype}: {done.stderr.strip().splitlines()[-2:]}", file=sys.stderr)
        return None
    if done.returncode != 0:
        raise SystemExit(f"{board} {model} {dtype} is not proven: {done.stderr}")
    verified: dict[str, Any] = json.loads(done.stdout)
    built: dict[str, Any] = json.loads((workspace / "build" / board / "build.json").read_text())
    flash, ram = built["size"]["flash_by_owner"], built["size"]["ram_by_owner"]
    return Row(
        engine=f"tinyml aot, for {optimise}",
        model=model,
        dtype=dtype,
        board=board,
        instructions=verified["ticks"]["median"],
        unit=verified["ticks"]["unit"],
        flash_bytes=sum(flash.get(owner, 0) for owner in ENGINE_OWNERS),
        ram_bytes=sum(ram.get(owner, 0) for owner in ENGINE_OWNERS) + verified["device"]["stack_bytes"],
        image_bytes=built["flash_bytes"],
        macs=built["macs"],
        quoted=False,
    )


def table(rows: list[Row]) -> str:
    """The rows as Markdown, by board and model."""
    lines = [
        "| board | model | engine | per inference | per MAC | flash, bytes | RAM, bytes | whole image |",
        "|---|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        each = f"{row.instructions / row.macs:.2f}" if row.macs else ""
        name = f"*{row.engine}* (quoted)" if row.quoted else row.engine
        lines.append(
            f"| {row.board} | {row.model} {row.dtype} | {name} | {row.instructions:,} {row.unit} | {each} "
            f"| {row.flash_bytes:,} | {row.ram_bytes:,} | {f'{row.image_bytes:,}' if row.image_bytes else ''} |"
        )
    return "\n".join(lines)


def write_page(rows: list[Row]) -> None:
    """Put the table between its markers, and leave the rest of the page as it is."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if END not in rest:
        raise SystemExit(f"{PAGE} lacks the markers {BEGIN} and {END}")
    PAGE.write_text(f"{head}{BEGIN}\n{table(rows)}\n{END}{tail}", encoding="utf-8")


def main() -> None:
    """Measure everything, then write the list and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=ROOT / "build" / "bench", help="where the builds go")
    parser.add_argument("--images", type=int, default=20, help="images per run")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench.json", help="the list")
    parser.add_argument("--page", action="store_true", help="write the table into docs/benchmarks.md as well")
    given = parser.parse_args()
    models = json.loads(
        subprocess.run(
            [sys.executable, "-m", "toolkit.cli.main", "models", "--json"], cwd=ROOT, capture_output=True, check=True
        ).stdout
    )
    plan = [
        (board, "proposed", dtype, optimise)
        for board in ("mps2-an386", "mps3-an547", "microbit", "uno")
        for dtype in ("int8", "float32")
        for optimise in ("speed", "size")
        if not (board == "uno" and dtype == "float32")
    ]
    plan += [
        ("mps2-an386", each["model"], dtype, "speed")
        for each in models
        if each["trained"] and each["model"] != "proposed"
        for dtype in ("int8", "float32")
    ]
    rows = []
    for place, (board, model, dtype, optimise) in enumerate(plan, 1):
        print(f"[{place}/{len(plan)}] {board} {model} {dtype} for {optimise}", file=sys.stderr)
        row = measure(given.workspace, board, model, dtype, optimise, given.images)
        if row is not None:
            rows.append(row)
        if board == "mps2-an386" and optimise == "size" and model == "proposed":
            rows += [quoted for quoted in QUOTED if quoted.dtype == dtype]
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    if given.page:
        write_page(rows)
    print(table(rows))


if __name__ == "__main__":
    main()
