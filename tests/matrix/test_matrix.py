"""`python -m tests.matrix` in parts: a cell that is equal, one that is not, and what an interrupted run keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.journal import Journal
from tests.matrix.__main__ import compute, table
from tests.matrix.cells import HOST, Cell, Outcome
from tests.matrix.networks import Network, of_the_zoo

CELLS = [("tiny-row_int8", "on", Outcome.EQUAL), ("cnn-2-2_float32", "rows", Outcome.EQUAL)]


def _network(name: str) -> Network:
    return next(each for each in of_the_zoo() if each.name == name)


@pytest.mark.parametrize(("name", "stream", "outcome"), CELLS)
def test_a_cell_on_the_host(tmp_path: Path, name: str, stream: str, outcome: Outcome) -> None:
    journal = Journal(tmp_path / "host.json", "a")
    cell = Cell(_network(name), HOST, "balanced", stream)
    compute(cell, journal, tmp_path)
    assert journal.done[cell.key][0] == outcome
    again = Cell(cell.network, HOST, "speed", stream)
    if name.endswith("float32"):
        compute(again, journal, tmp_path)
        assert journal.done[again.key][0] == Outcome.SAME
    assert Journal(tmp_path / "host.json", "a").done == journal.done
    assert Journal(tmp_path / "host.json", "b").done == {}
    assert f"| {HOST} | balanced | {stream} | 1 | 0 | 0 | 0 |" in table([cell], journal.done)


def test_a_wrong_byte_is_told(tmp_path: Path) -> None:
    network = _network("tiny-row_int8")
    wrong = network.outputs.copy()
    wrong[0, 0] ^= 1
    object.__setattr__(network, "outputs", wrong)
    cell, journal = Cell(network, HOST, "size", "rows"), Journal(tmp_path / "host.json", "a")
    compute(cell, journal, tmp_path)
    assert journal.done[cell.key][:2] == [Outcome.DIFFERS, "1 bytes"]
    assert f"| {HOST} | size | rows | 0 | 0 | 0 | 1 |" in table([cell], journal.done)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(np.zeros(64, np.uint8).tobytes())
    cell, journal = Cell(Network("x", path), HOST, "size", "off"), Journal(tmp_path / "host.json", "a")
    compute(cell, journal, tmp_path)
    assert journal.done[cell.key][0] == Outcome.REFUSED
    assert "0 of 1 networks are taken" in table([cell], journal.done)
