"""What the virtual board counts of a program of which every instruction is known: tests/nano33/firmware/layers.c."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.nano33.conftest import compile_firmware
from tests.nano33.fakes import NANO33
from toolkit import resources
from toolkit.emulate import nano33
from toolkit.errors import EmulatorError
from toolkit.link.client import Answer, Client, Request
from toolkit.link.tracing import Trace
from toolkit.link.transport import open_transport

pytestmark = pytest.mark.emulator

FIRMWARE = Path(__file__).parent / "firmware"
TURNS = (100, 300, 700, 50)
AROUND = 16
"""Instructions at most of the calls around a layer's loop."""


@pytest.fixture(scope="module", name="image")
def _image(echo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    core = sorted((resources.firmware() / "core").glob("*.c"))
    return compile_firmware(tmp_path_factory.mktemp("layers"), [FIRMWARE / "layers.c", *core])


@pytest.fixture(name="client")
def _client(image: Path, tmp_path: Path) -> Iterator[Client]:
    device = nano33.count(NANO33, image, tmp_path / "count.log", tmp_path / "counts")
    client = Client(partial(open_transport, device.port, 115_200, 0.0))
    yield client
    client.close()
    assert device.pid is not None
    nano33.stop(device.pid)


def ask(client: Client) -> tuple[Answer, Trace]:
    (answer,) = client.stream([Request(0, "tensor", bytes(4))])
    return answer, client.trace(1, bytes(4))


def test_instructions_cycles_and_reads_of_flash(client: Client, tmp_path: Path) -> None:
    answer, trace = ask(client)
    whole, layers = (json.loads(line) for line in (tmp_path / "counts").read_text().splitlines())
    assert (whole["function"], layers["function"]) == ("engine_invoke", "engine_trace")
    counted = layers["stretches"]
    exact = [2 * TURNS[0], 2 * TURNS[1], 2 * TURNS[2], 6 * TURNS[3]]
    around = [each["instructions"] - own for each, own in zip(counted, exact, strict=True)]
    assert all(0 < each <= AROUND for each in around), around
    # SUBS and a BNE that is taken: three cycles.
    assert counted[2]["usual"] - counted[1]["usual"] == 3 * (TURNS[2] - TURNS[1])
    assert counted[2]["least"] - counted[1]["least"] == 3 * (TURNS[2] - TURNS[1])
    assert counted[2]["most"] - counted[1]["most"] == 5 * (TURNS[2] - TURNS[1])
    # CMP, IT folded into it, LDR, ADDS, SUBS, BNE.
    assert counted[3]["usual"] == pytest.approx(7 * TURNS[3], abs=2 * AROUND)
    # One more at most: where the table is, and what lies in flash of the calls around.
    assert TURNS[3] <= counted[3]["flash_reads"] <= TURNS[3] + 4
    assert counted[0]["flash_reads"] <= 4
    (all_of_it,) = whole["stretches"]
    assert all_of_it["instructions"] == pytest.approx(sum(exact), abs=4 * AROUND)
    assert answer.output == trace.output == TURNS[3].to_bytes(4, "little"), "counting changes no result"


def test_the_counting_board_has_no_time_either(client: Client) -> None:
    answer, trace = ask(client)
    assert (answer.ticks, trace.ticks, [each.ticks for each in trace.layers]) == (0, 0, [0, 0, 0, 0])


def test_without_its_elf_a_program_is_not_counted(image: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.bin"
    alone.write_bytes(image.read_bytes())
    with pytest.raises(EmulatorError, match=r"alone\.elf is missing"):
        nano33.count(NANO33, alone, tmp_path / "count.log", tmp_path / "counts")
