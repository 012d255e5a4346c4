"""`make bench-link`: images a second over links of given speeds, from the real client to the real firmware.

The host board's firmware stands behind a throttle that lets bytes through in real time, as a wire does. Every output is
held against the host interpreter's. Writes build/bench-link.json, and with --page the table between the markers of
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np

from bench.throttle import USB, Speed, ThrottledTransport, uart
from toolkit import models, reference
from toolkit.artifacts import DType
from toolkit.data import load_mnist
from toolkit.link import Client, Hello, Request, open_transport, packbits

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- link: begin -->", "<!-- link: end -->"

SPEEDS = (uart(115_200), uart(921_600), USB)
MODES = ("raw", "packed", "packed + window")
WINDOW = 2048
"""What the Nano 33 BLE's port holds while the network is computed."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        link: its kind; mode: of MODES.
        images: that were asked; seconds: that it took, from the first request to the last answer.
        bytes_up, bytes_down: an image, framing included, on average.
        wire_limit: images a second that the wire could carry if nothing else took any time.
    """

    link: str
    mode: str
    images: int
    seconds: float
    images_per_second: float
    bytes_up: float
    bytes_down: float
    wire_limit: float


class OneAtATime(Client):
    """A client that waits for each answer before it asks again, whatever the device could hold."""

    window = 0

    def hello(self) -> Hello:
        """See Client."""
        hello = super().hello()
        return dataclasses.replace(hello, rx_buffer=min(hello.rx_buffer, self.window))


class Windowed(OneAtATime):
    """A client that keeps as much on the way as a Nano 33 BLE holds."""

    window = WINDOW


def unpacked(data: bytes) -> bytes:
    """The same payload with nothing packed: only codes for bytes as they are."""
    packed = bytearray(b"\0")
    packbits._append_literal(packed, data)
    return bytes(packed)


@contextlib.contextmanager
def firmware() -> Iterator[tuple[str, bytes]]:
    """A running firmware of the proposed int8 model: its port, and the .tflite."""
    with tempfile.TemporaryDirectory() as folder:
        tinyml = [sys.executable, "-m", "toolkit.cli.main"]
        subprocess.run([*tinyml, "build", "--board", "host", "-C", folder, "--json"], check=True, capture_output=True)
        image = Path(folder) / "build" / "host" / "proposed-int8-aot" / "project" / "out" / "firmware"
        with subprocess.Popen([image, "--tcp", "0"], stdout=subprocess.PIPE, text=True) as running:
            tflite = models.resolve("proposed", DType.INT8, Path(folder)).path.read_bytes()
            try:
                yield (running.stdout.readline().strip() if running.stdout else ""), tflite
            finally:
                running.kill()


def measure(port: str, speed: Speed, mode: str, requests: list[Request], expected: list[bytes]) -> Row:
    """Ask for every request once.

    Raises:
        ValueError: an output is not the host's.
    """
    kind = Windowed if mode == "packed + window" else OneAtATime
    client = kind(lambda: ThrottledTransport(open_transport(port), speed))
    pack = unpacked if mode == "raw" else packbits.pack
    try:
        with mock.patch.object(packbits, "pack", pack):
            client.hello()
            before = client.stats
            started = time.monotonic()
            answers = {answer.key: answer.output for answer in client.stream(requests)}
            seconds = time.monotonic() - started
        after = client.stats
    finally:
        client.close()
    if [answers[request.key] for request in requests] != expected or after.resent:
        raise ValueError(f"{speed.name}, {mode}: outputs differ, or frames were lost")
    up = (after.bytes_up - before.bytes_up) / len(requests)
    down = (after.bytes_down - before.bytes_down) / len(requests)
    limit = speed.bytes_per_second / max(up, down)
    rate = len(requests) / seconds
    return Row(
        speed.name,
        mode,
        len(requests),
        round(seconds, 2),
        round(rate, 1),
        round(up, 1),
        round(down, 1),
        round(limit, 1),
    )


def images(tflite: bytes, count: int) -> tuple[list[Request], list[bytes]]:
    """The first images of MNIST's test set, and the host's outputs for them."""
    samples = load_mnist("test").first(count)
    inputs = reference.quantise(tflite, samples.values, samples.scaling)
    rows = np.ascontiguousarray(inputs).reshape(count, -1).view(np.uint8)
    outputs = reference.expected_outputs(tflite, inputs)
    requests = [Request(key, "tensor", row.tobytes()) for key, row in enumerate(rows)]
    return requests, [row.tobytes() for row in outputs]


def table(rows: list[Row]) -> str:
    """As Markdown."""
    lines = [
        "| link | mode | images/s | bytes up | bytes down | wire's limit | reached |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row.link} | {row.mode} | {row.images_per_second:,.1f} | {row.bytes_up:,.1f} | {row.bytes_down:,.1f} "
        f"| {row.wire_limit:,.1f} | {100 * row.images_per_second / row.wire_limit:.0f} % |"
        for row in rows
    ]
    return "\n".join(lines)


def write_page(rows: list[Row]) -> None:
    """Put the table between its markers, and leave the rest of the page as it is."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure every link in every mode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench-link.json")
    parser.add_argument("--page", action="store_true", help="write the table into docs/benchmarks.md as well")
    given = parser.parse_args()
    rows = []
    with firmware() as (port, tflite):
        requests, expected = images(tflite, given.images)
        for speed in SPEEDS:
            for mode in MODES:
                rows.append(measure(port, speed, mode, requests, expected))
                print(rows[-1], flush=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=2) + "\n")
    if given.page:
        write_page(rows)
    print(table(rows))


if __name__ == "__main__":
    main()
