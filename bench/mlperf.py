"""`make bench-mlperf`: MLPerf Tiny's five trained networks on four cores, each proven, beside TFLM's rows.

Writes build/bench-mlperf.json, a list of rows, build/bench-mlperf-layers.json, what each layer takes, and with --page
the table of docs/benchmarks.md. The networks come from mlcommons/tiny at one commit, by SHA-256, or from the folder
that MLPERF_TINY names. An interrupted run is gone on with where nothing that is measured has changed.
bench/mlperf_gcc14.json holds the rows of such a run on Debian 13, with its compilers; the page has them as quoted.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.journal import Journal
from bench.mlperf_rows import GOALS, QUOTED, Row, missed, table
from bench.rows import write_page
from toolkit import api
from toolkit import board as boards
from toolkit import build as builders
from toolkit.artifacts import Build, Verdict
from toolkit.errors import DoesNotFitError, ModelError, TinymlError
from toolkit.selection import Selection
from toolkit.steps.build import Choices

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "MLPERF_TINY"
COMMIT = "1afd2c9820f795965a6134facd0b4dfae41ef23f"
ADDRESS = "https://raw.githubusercontent.com/mlcommons/tiny/{commit}/benchmark/training/{path}"
INPUTS = 5
"""Made-up inputs, where there are no real ones: the 1,000 of EEMBC's set for keyword spotting are in the folder."""

CORES = {
    "mps2-an386": ("balanced", "speed", "size"),
    "mps3-an547": ("balanced", "size"),
    "bench/boards/m0plus-an386.toml": ("balanced", "size"),
    "riscv-virt": ("balanced", "size"),
}
"""By board: what it is built for; balanced and speed differ on DSP cores alone."""


@dataclass(frozen=True)
class Network:
    """One network: its name, its file here, where it lies in mlcommons/tiny, its hash, and a folder of real inputs."""

    name: str
    file: str
    path: str
    sha256: str
    inputs: str = ""


NETWORKS = (
    Network(
        "kws",
        "kws_ref_model.tflite",
        "keyword_spotting/trained_models/kws_ref_model.tflite",
        "aeea436800704fce17b17292e4412630ad856e9d777c044c64ef748a880bd0ae",
        "kws01",
    ),
    Network(
        "resnet8",
        "pretrainedResnet_quant.tflite",
        "image_classification/trained_models/pretrainedResnet_quant.tflite",
        "3c002613d1b2475eb51dd78dfb85a546c8ae658dee71cf6ade43b022fe205415",
    ),
    Network(
        "vww",
        "vww_96_int8.tflite",
        "visual_wake_words/trained_models/vww_96_int8.tflite",
        "597a384c8c2c8a1276f04702f25013b7838f2f814f1ca7c174d295b73e3d6b7b",
    ),
    Network(
        "ad",
        "ad01_int8.tflite",
        "anomaly_detection/trained_models/ad01_int8.tflite",
        "87cf24194ef93d1d9b11a591d805526b98008e351655d29883c825c9c106ba24",
    ),
    Network(
        "sww",
        "str_ww_ref_model.tflite",
        "streaming_wakeword/trained_models/str_ww_ref_model.tflite",
        "3af8550895ba7d5c584277102b5075c52dcfa63ba9d2b2240f37c4e6abd5dd2b",
    ),
)


def file_of(network: Network, cache: Path, folder: Path | None) -> Path:
    """The network's file, by its hash.

    Args:
        cache: where a download is kept.
        folder: that of MLPERF_TINY: nothing is downloaded.

    Raises:
        TinymlError: it is not there, cannot be had, or is another file.
    """
    path = (folder or cache) / network.file
    if folder is None and not path.is_file():
        import pooch

        try:
            pooch.retrieve(ADDRESS.format(commit=COMMIT, path=network.path), None, fname=network.file, path=cache)
        except OSError as caught:
            raise TinymlError(
                f"{network.file} cannot be had: {caught}", f"name a folder that has it: {FOLDER}="
            ) from caught
    if not path.is_file():
        raise TinymlError(f"there is no {path}", f"{FOLDER} names a folder with MLPerf Tiny's files")
    if hashlib.sha256(path.read_bytes()).hexdigest() != network.sha256:
        raise TinymlError(f"{path} is another file than mlcommons/tiny has at {COMMIT[:12]}", "fetch it again")
    return path


def fingerprint(root: Path = ROOT) -> str:
    """Of everything that decides a figure: rows of an interrupted run stand only for this."""
    found = hashlib.sha256()
    for part in ("firmware", "toolkit", "boards", "templates", "bench/boards"):
        for path in sorted((root / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def measure(
    place: Path, network: Network, file: Path, board_name: str, optimise: str, stream: str, real: Path | None
) -> tuple[Row | None, list[dict[str, Any]]]:
    """One network on one board: built, booted, held against the official interpreter, counted; with its layers.

    Raises:
        SystemExit: an output differs: a figure for a wrong answer is worth nothing.
    """
    named = ROOT / board_name
    board = boards.load(str(named) if named.suffix == ".toml" else board_name)
    choices: Choices = {"optimise": optimise, "stream": stream}
    try:
        built: Build = api.build(board, str(file), workspace=place, **choices)
    except (DoesNotFitError, ModelError) as caught:
        print(f"  {caught.message}", file=sys.stderr)
        return None, []
    with api.flash(built, board=board, virtual=not board.emulated, workspace=place) as device:
        result = api.verify(device, Selection(INPUTS, data=real, trace=2))
    # Equal but weak will do: five inputs of a network that is sure of itself give few distinct outputs.
    if result.verdict not in (Verdict.PROVEN, Verdict.WEAK) or result.ticks is None:
        raise SystemExit(f"{network.name} on {board.id} for {optimise}: {result.verdict}: {result.first_difference}")
    macs = {layer.name.replace("layer", "layer "): layer.macs for layer in built.layers}
    layers = [
        {
            "layer": each.name,
            "operators": list(each.operators),
            "instructions": each.ticks,
            "macs": macs.get(each.name, 0),
        }
        for each in (result.trace.layers if result.trace else ())
    ]
    row = Row(
        network=network.name,
        board=board.id,
        optimise=optimise,
        stream=stream,
        instructions=result.ticks.median,
        flash_bytes=built.flash_bytes,
        arena_bytes=built.arena_bytes,
        ram_bytes=(built.arena_bytes or 0) + result.device.stack_bytes,
        engine=f"tinyml aot, {builders.load(built.toolchain).version()}",
    )
    return row, layers


def plan(only: str) -> Iterator[tuple[str, Network, str, str]]:
    """Each measurement's key, network, board and optimisation, of those whose key holds `only`."""
    for board, options in CORES.items():
        for network in NETWORKS:
            for optimise in options:
                key = f"{network.name} {Path(board).stem} {optimise}"
                if only in key:
                    yield key, network, board, optimise


def streams(optimise: str) -> tuple[str, ...]:
    """Ways in which rows may stream: both for what a build is by default."""
    return ("off", "auto") if optimise == "balanced" else ("off",)


def beside(path: Path) -> list[Row]:
    """The rows of another run, which another compiler made: our own ones, as quoted.

    Raises:
        TinymlError: the file holds none.
    """
    try:
        told = [Row(**each) for each in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as caught:
        raise TinymlError(f"{path} holds no rows: {caught}", "name what another run wrote with --out") from None
    return [dataclasses.replace(row, quoted=True) for row in told if not row.quoted]


def main(argv: list[str] | None = None) -> None:
    """Measure all, write the lists, and the page if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=ROOT / "build" / "bench-mlperf", help="where the builds go")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench-mlperf.json", help="the rows")
    parser.add_argument("--only", default="", help="only what holds this text: kws mps2-an386 speed")
    parser.add_argument("--beside", type=Path, help="rows of a run with another compiler, for the tables as quoted")
    parser.add_argument("--page", action="store_true", help="write the table into docs/benchmarks.md as well")
    given = parser.parse_args(argv)
    if given.only and given.page:
        parser.error("--page wants every row, so not with --only")
    named = os.environ.get(FOLDER)
    folder = Path(named).expanduser() if named else None
    journal = Journal(given.out.with_suffix(".part.json"), fingerprint())
    for key, network, board, optimise in plan(given.only):
        file = file_of(network, given.workspace / "networks", folder)
        real = folder / network.inputs if folder and network.inputs and (folder / network.inputs).is_dir() else None
        for stream in streams(optimise):
            name = f"{key} {stream}"
            print(f"{name}{' (known)' if name in journal.done else ''}", file=sys.stderr, flush=True)
            if name not in journal.done:
                row, layers = measure(given.workspace, network, file, board, optimise, stream, real)
                # A row of None did not fit.
                journal.keep(name, {"row": dataclasses.asdict(row) if row else None, "layers": layers})
    rows = [Row(**each["row"]) for each in journal.done.values() if each["row"]]
    every_layer = {name: each["layers"] for name, each in journal.done.items()}
    every = [*rows, *(beside(given.beside) if given.beside else ()), *QUOTED]
    given.out.write_text(json.dumps([dataclasses.asdict(row) for row in every], indent=2) + "\n", encoding="utf-8")
    detail = given.out.with_name(f"{given.out.stem}-layers.json")
    detail.write_text(json.dumps(every_layer, indent=1) + "\n", encoding="utf-8")
    text = "\n\n".join(part for part in (table(every), missed(rows, every_layer, GOALS)) if part)
    if given.page:
        write_page({"mlperf": text})
    print(text)


if __name__ == "__main__":
    main()
