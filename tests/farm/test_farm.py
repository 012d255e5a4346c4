"""Boards of a farm: labgrid's real coordinator, exporter and client on loopback, emulated boards behind them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.tinyml import tinyml
from tests.farm import lab

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(not lab.is_installed(), reason="labgrid is not installed: make .venv-farm/installed"),
]

FIVE = ("mps2-an386", "mps3-an547", "riscv-virt", "nucleo-f446re", "microbit")

IN_MID_RUN = 3000
"""Bytes of inputs and answers: some of the 40 inputs are answered, and more are not."""


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    with lab.running(tmp_path_factory.mktemp("farm"), FIVE) as found:
        yield found


def _place(name: str) -> str:
    return f"{name}@labgrid://{name}"


def test_a_place_is_flashed_verified_and_given_back(farm: lab.Lab, tmp_path: Path) -> None:
    boots = farm.stations["mps2-an386"].boots
    done = tinyml("build", "--board", "mps2-an386", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in (("flash",), ("verify", "--limit", "20", "--no-strength", "--json")):
        done = tinyml(*words, "--port", "labgrid://mps2-an386", cwd=tmp_path, env=farm.environment)
        assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["proven"], result["port"], result["emulated"]) == (True, "labgrid://mps2-an386", True)
    assert farm.stations["mps2-an386"].boots == boots + 1
    assert "acquired: None" in farm.client("-p", "mps2-an386", "show").stdout


def test_a_place_that_the_user_has_stays_his(farm: lab.Lab, tmp_path: Path) -> None:
    assert farm.client("-p", "riscv-virt", "acquire").returncode == 0
    try:
        done = tinyml(
            "run",
            "--board",
            _place("riscv-virt"),
            "--limit",
            "10",
            "--no-strength",
            "--trace",
            "0",
            cwd=tmp_path,
            env=farm.environment,
        )
        assert done.returncode == 0, done.stderr
        assert "acquired: desk/tester" in farm.client("-p", "riscv-virt", "show").stdout
    finally:
        farm.client("-p", "riscv-virt", "release")


@pytest.mark.parametrize(
    ("port", "env", "said", "tried"),
    [
        ("labgrid://nowhere", {}, "nowhere", "labgrid-client"),
        ("labgrid://", {}, "names no place", "labgrid://PLACE"),
        ("labgrid://mps2-an386", {"LG_COORDINATOR": "127.0.0.1:9"}, "could not connect", "labgrid-client"),
        ("labgrid://127.0.0.1:9/mps2-an386", {}, "could not connect", "labgrid-client"),
        ("labgrid://mps2-an386", {"PATH": "/nonexistent"}, "labgrid-client is not installed", "pipx install labgrid"),
    ],
)
def test_what_can_be_wrong_is_told(
    farm: lab.Lab, tmp_path: Path, port: str, env: dict[str, str], said: str, tried: str
) -> None:
    done = tinyml("run", "--board", f"mps2-an386@{port}", cwd=tmp_path, env={**farm.environment, **env})
    assert done.returncode == 1
    assert said in done.stderr
    assert tried in done.stderr
    assert "Traceback" not in done.stderr


def test_somebody_elses_place_is_left_alone(farm: lab.Lab, tmp_path: Path) -> None:
    other = {**farm.environment, "LG_USERNAME": "another"}
    assert farm.client("-p", "microbit", "acquire").returncode == 0
    try:
        done = tinyml("run", "--board", _place("microbit"), cwd=tmp_path, env=other)
        assert done.returncode == 1
        assert "desk/tester" in done.stderr
        assert "acquired: desk/tester" in farm.client("-p", "microbit", "show").stdout
    finally:
        farm.client("-p", "microbit", "release")


def test_five_boards_in_one_run_and_one_of_them_killed(farm: lab.Lab, tmp_path: Path) -> None:
    """Its row says so; the proof of the others stands."""
    victim = farm.stations["mps3-an547"]
    victim.moved = 0

    def kill_when_it_runs() -> None:
        deadline = time.monotonic() + 200
        while victim.moved < IN_MID_RUN and time.monotonic() < deadline:
            time.sleep(0.005)
        victim.kill()

    killer = threading.Thread(target=kill_when_it_runs)
    killer.start()
    names = [word for name in FIVE for word in ("--board", _place(name))]
    asked = (
        "run",
        *names,
        "--limit",
        "30",
        "--no-strength",
        "--trace",
        "0",
        "--jobs",
        "3",
        "--json",
        "--junit",
        "all.xml",
    )
    done = tinyml(*asked, cwd=tmp_path, env=farm.environment)
    killer.join()
    assert done.returncode == 1, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert (result["proven"], result["of"]) == (4, 5), result
    rows = {row["board"]: row for row in result["boards"]}
    for name in FIVE:
        assert rows[name]["passed"] == (name != "mps3-an547"), rows[name]
        assert rows[name]["flash_bytes"] > 0
        assert rows[name]["port"] == f"labgrid://{name}"
    assert rows["mps3-an547"]["outcome"] == "failed"
    assert "on the board" not in rows["mps3-an547"]["said"]  # it had begun
    page = (tmp_path / "build" / "boards.html").read_text()
    assert "4 of 5 boards are proven" in page
    root = ElementTree.fromstring((tmp_path / "all.xml").read_text())  # noqa: S314 - our own
    failed = [suite.attrib["name"] for suite in root if suite.attrib["errors"] != "0"]
    assert failed == ["tinyml.mps3-an547"]
    assert [suite.attrib["name"].split(".")[1] for suite in root] == list(FIVE)
    for name in FIVE:
        assert "acquired: None" in farm.client("-p", name, "show").stdout
