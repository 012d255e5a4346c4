"""What each network costs and how well it reads: ours, the paper's ten trained again, and what others published."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit import resources, tflite, zoo
from toolkit.smallest.plots import PAPER, Cost
from toolkit.smallest.published import PUBLISHED
from toolkit.smallest.results import Row

BOARD = "mps2-an386"
_FLOAT = ("efficient-capsnet",)
"""Ships in float32: it loses its accuracy in int8, docs/paper.md."""
_EPOCHS = 20
_HELD_OUT = "validation"


def points(rows: Sequence[Row]) -> tuple[Cost, ...]:
    """Every network, with the figures that there are of it."""
    ours = [
        Cost(
            row.network if row.stands else "",
            row.int8_mean,
            _HELD_OUT,
            True,
            {
                "params": row.params,
                "weight_bytes": row.weight_bytes,
                "tflite_bytes": row.tflite_bytes,
                "flash_bytes": row.flash_bytes,
                "ram_bytes": row.ram_bytes,
                "instructions": row.instructions,
            },
        )
        for row in rows
        if row.int8_mean is not None
    ]
    published = [
        Cost("", each.accuracy, each.chosen_on, False, {"params": each.params, "weight_bytes": each.weight_bytes})
        for each in PUBLISHED
    ]
    return (*ours, *published, *_of_the_paper())


def _read(name: str) -> list[dict[str, Any]]:
    path = resources.models() / name
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return found


def _of_the_paper() -> list[Cost]:
    """The paper's ten by its own recipe."""
    trained, devices = _read("paper_results.json"), _read("device_results.json")
    found = []
    for name in zoo.of_the_paper():
        dtype = "float32" if name in _FLOAT else "int8"
        board = next(
            (each for each in devices if (each["board"], each["model"], each["dtype"]) == (BOARD, name, dtype)), {}
        )
        firmware = {"flash_bytes": board.get("flash_bytes"), "ram_bytes": board.get("ram_bytes"),
                    "instructions": board.get("median")}  # fmt: skip
        plain = _mean(trained, name, dtype)
        file = resources.models() / name / f"{name}_{dtype}.tflite"
        if plain is not None and file.is_file():
            costs = {"params": _params(trained, name), "weight_bytes": weight_bytes(file),
                     "tflite_bytes": file.stat().st_size, **firmware}  # fmt: skip
            found.append(Cost("", plain, PAPER, False, costs))
    return found


def _runs(trained: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [each for each in trained if each["run"]["model"] == name and each["run"]["data"] == "mnist"]


def _params(trained: Sequence[dict[str, Any]], name: str) -> int:
    return int(_runs(trained, name)[0]["params"])


def _mean(trained: Sequence[dict[str, Any]], name: str, dtype: str) -> float | None:
    found = [
        each["accuracy"][dtype]
        for each in _runs(trained, name)
        if each["run"]["recipe"] == "paper" and each["run"]["epochs"] == _EPOCHS
    ]
    return statistics.fmean(found) if found else None


def weight_bytes(file: Path) -> int:
    """Weights and biases in a file: constants that are float32, or that have a scale."""
    stored = {
        tensor.buffer: tensor.constant_bytes
        for tensor in tflite.describe(file.read_bytes()).main.tensors
        if tensor.type == "float32" or tensor.scales
    }
    return sum(stored.values())


def costs(rows: Sequence[Row]) -> list[str]:
    """The part of the page with the picture."""
    devices = [each for each in _read("device_results.json") if each["board"] == BOARD and each["date"]]
    days = sorted({each["date"][:10] for each in devices})
    without = " and ".join(f"`{row.network}`" for row in rows if row.stands and row.flash_bytes is None)
    return [
        "## What they cost",
        "",
        "![Accuracy against six costs](smallest/costs.svg)",
        "",
        "Each network where the figure is known. Ours in blue: means of the pipelines, chosen on held-out images "
        "alone, hollow for an earlier round. The paper's ten in grey: trained again by its own recipe, int8 "
        f"(Efficient-CapsNet float32), the last of {_EPOCHS} epochs whatever it was, means of the seeds; their "
        "topologies are the paper's, to which the test set was the validation. What others published is marked by what "
        "it was chosen on. In a table: [all ten of the paper, as printed and as trained again](paper.md#table-i).",
        "",
        f"Flash, RAM and instructions are those of the whole image on {BOARD} (QEMU), of the judged files, built by "
        "default but for speed"
        + (f"; of {without} there are none" if without else "")
        + (
            f"; the paper's were built from {days[0]} to {days[-1]}, most of them by an earlier compiler"
            if days
            else ""
        )
        + ". Nobody else published these three.",
        "",
    ]
