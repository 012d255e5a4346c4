"""Mutated .tflite files: whatever reads one gives a TinymlError or a right result, never anything else.

`python -m tests.fuzz.tflite_files --seconds 600` runs until then and prints its figures.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from toolkit import models, resources
from toolkit.artifacts import DType, ElementType
from toolkit.compiler import compile_model
from toolkit.errors import TinymlError
from toolkit.tflite.ends import ends_of

TARGETS = (("armv7em", True), ("armv6m", False), ("avr", False), ("native", True))
NUMBERS = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC)


def shipped() -> list[bytes]:
    """The proposed model's files."""
    return [path.read_bytes() for path in sorted((resources.models() / "proposed").glob("*.tflite"))]


def mutate(sound: bytes, rng: random.Random) -> bytes:
    """One to four changes: bytes, bits, words that mean trouble, stretches moved, doubled, zeroed or cut off."""
    data = bytearray(sound)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(1, len(data)))
        length = rng.randint(1, 64)
        match rng.randrange(8):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1 if data:
                data[at] ^= 1 << rng.randrange(8)
            case 2 | 3:
                at &= ~3
                data[at : at + 4] = rng.choice(NUMBERS).to_bytes(4, "little")
            case 4:
                data[at : at + length] = bytes(length)
            case 5:
                del data[at : at + rng.choice((1, 4, length))]
            case 6:
                data[at:at] = data[at : at + length]
            case _:
                other = rng.randrange(max(1, len(data)))
                data[at : at + length] = data[other : other + length]
    if rng.random() < 0.02:
        del data[rng.randrange(len(data) + 1) :]
    return bytes(data)


def readers(folder: Path) -> Iterator[tuple[str, Callable[[bytes], Any]]]:
    """Everything that reads a .tflite without an outside interpreter."""
    for isa, fpu in TARGETS:
        yield f"compile_model for {isa}", partial(compile_model, isa=isa, fpu=fpu)
    yield "tflite.ends_of", ends_of
    path = folder / "mutated.tflite"

    def resolve(data: bytes) -> None:
        path.write_bytes(data)
        models.resolve(str(path), DType.INT8, folder)

    yield "models.resolve", resolve


_INTERPRET = """
import sys, numpy as np
from tflite_micro.python.tflite_micro import runtime
interpreter = runtime.Interpreter.from_bytes(open(sys.argv[1], "rb").read(), arena_size=1 << 20)
outputs = []
for one in np.load(sys.argv[2]):
    interpreter.set_input(one, 0)
    interpreter.invoke()
    outputs.append(interpreter.get_output(0).copy())
np.save(sys.argv[3], np.stack(outputs))
"""


def compare(data: bytes, folder: Path) -> str:
    """An accepted file, compiled under the sanitizers, beside the official interpreter.

    The interpreter has a process of its own: it believes what a file says, and may well die of it.

    Raises:
        AssertionError: a sanitizer complains, or int8 outputs differ.
    """
    from tests.compiler import engine

    model = compile_model(data, isa="native", fpu=True)
    inputs = engine.random_inputs(model, 8, seed=1)
    ours = engine.run(model, inputs)
    model_file, inputs_file, outputs_file = (folder / name for name in ("m.tflite", "inputs.npy", "outputs.npy"))
    model_file.write_bytes(data)
    np.save(inputs_file, inputs)
    outputs_file.unlink(missing_ok=True)
    argv = [sys.executable, "-c", _INTERPRET, str(model_file), str(inputs_file), str(outputs_file)]
    done = subprocess.run(argv, capture_output=True, timeout=60, check=False)
    if done.returncode:
        return "the interpreter died" if done.returncode < 0 else "the interpreter refused it"
    theirs = np.load(outputs_file)
    if model.outputs[0].dtype is ElementType.INT8:
        np.testing.assert_array_equal(ours, theirs)
        return "int8, equal"
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return "float32, not finite"
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    return "float32, close"


def run_compared(folder: Path, seed: int, seconds: float, count: int | None = None) -> Counter[str]:
    """As `run`, for the files that the compiler accepts: each is computed, and held against the interpreter."""
    rng = random.Random(seed)
    sound = shipped()
    figures: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and (count is None or figures["files"] < count):
        data = mutate(rng.choice(sound), rng)
        try:
            compile_model(data, isa="native", fpu=True)
        except TinymlError:
            continue
        figures["files"] += 1
        try:
            figures[compare(data, folder)] += 1
        except Exception:
            (folder / "failed.tflite").write_bytes(data)
            raise
    return figures


def check(data: bytes, reader: Callable[[bytes], Any]) -> str:
    """What came of it, in a word; any error but a TinymlError of one line passes through."""
    try:
        reader(data)
    except TinymlError as caught:
        if "\n" in caught.message or not caught.message:
            raise AssertionError(f"not one line: {caught.message!r}") from caught
        return "refused"
    return "accepted"


def run(folder: Path, seed: int, seconds: float, count: int | None = None) -> Counter[str]:
    """Mutate and read until the time is up or `count` files are through; the failing file stays in `folder`."""
    rng = random.Random(seed)
    sound = shipped()
    tried = list(readers(folder))
    figures: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and (count is None or figures["files"] < count):
        data = mutate(rng.choice(sound), rng)
        figures["files"] += 1
        for name, reader in tried:
            started = time.monotonic()
            try:
                figures[f"{name}: {check(data, reader)}"] += 1
            except Exception:
                (folder / "failed.tflite").write_bytes(data)
                raise
            took = time.monotonic() - started
            if took > 5:
                (folder / "failed.tflite").write_bytes(data)
                raise AssertionError(f"{name} took {took:.0f} s")
    return figures


def main() -> None:
    """Run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--compare", action="store_true", help="compute what is accepted, beside the interpreter")
    given = parser.parse_args()
    chosen = run_compared if given.compare else run
    for name, number in sorted(chosen(given.folder, given.seed, given.seconds).items()):
        print(f"{number:9,}  {name}")


if __name__ == "__main__":
    main()
