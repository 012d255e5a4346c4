"""`tinyml run` over several boards: what is asked of each, one that fails among others, and how it all ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.tinyml import tinyml
from toolkit.artifacts import BoardRow, Fleet
from toolkit.cli import run_many
from toolkit.errors import LinkError, NotProvenError, TinymlError, UndecidedError, UsageError
from toolkit.report import fleet as pages

PROVEN = BoardRow("uno", "Arduino Uno", outcome="proven", passed=True, asked=10, answered=10, exit_code=0)
SILENT = BoardRow("pico", "Pico", port="/dev/ttyACM0", said="it fell silent <b>", hint="check the cable")
DIFFERS = BoardRow("nano33", "Nano", outcome="differs", said="1 of 10 differs", asked=10, answered=10, exit_code=4)
UNDECIDED = BoardRow("host", "this computer", outcome="undecided", said="no interpreter", exit_code=5)


def test_a_port_stands_behind_the_board() -> None:
    found = run_many.asked(["uno@/dev/ttyACM0", "nano33@labgrid://desk"], None, Path())
    assert [(each.board.id, each.port) for each in found] == [
        ("uno", "/dev/ttyACM0"), ("nano33", "labgrid://desk")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "port", "error", "said"),
    [
        (["uno", "uno"], None, UsageError, "asked for twice"),
        (["uno@a", "nano33@a"], None, LinkError, "one port"),
        (["uno", "nano33"], "/dev/ttyACM0", UsageError, "names no board"),
        (["uno@a"], "b", UsageError, "names no board"),
        (["nothing@a"], None, TinymlError, "nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused(names: list[str], port: str | None, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        run_many.asked(names, port, Path())


@pytest.mark.parametrize(
    ("rows", "error", "code"),
    [
        ([PROVEN, SILENT], TinymlError, 1),
        ([PROVEN, SILENT, DIFFERS, UNDECIDED], NotProvenError, 4),
        ([UNDECIDED, SILENT], UndecidedError, 5),
    ],
)
def test_it_ends_as_its_worst_board_does(
    rows: list[BoardRow], error: type[TinymlError], code: int, tmp_path: Path
) -> None:
    fleet = Fleet("2026-01-01", tuple(rows))
    with pytest.raises(error) as caught:
        run_many.finish(fleet, [""] * len(rows), tmp_path, as_json=True, junit=tmp_path / "all.xml")
    assert caught.value.exit_code == code
    assert Fleet.load(tmp_path / "build" / "boards.json") == fleet
    root = ElementTree.fromstring((tmp_path / "all.xml").read_text())  # noqa: S314 - our own
    assert [suite.attrib["name"] for suite in root] == [f"tinyml.{row.board}" for row in rows]
    assert root.attrib["errors"] == str(len(rows))  # no document of a board's own was given


def test_all_proven_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_many.finish(Fleet("2026-01-01", (PROVEN,)), [""], tmp_path, as_json=True, junit=None)
    told = json.loads(capsys.readouterr().out)
    assert (told["proven"], told["of"], told["boards"][0]["board"]) == (1, 1, "uno")


def test_the_page_has_what_went_wrong_as_text() -> None:
    page = pages.render(Fleet("2026-01-01", (PROVEN, SILENT)), Path("/nowhere"))
    assert "1 of 2 boards is proven" in page
    assert "it fell silent &lt;b&gt;" in page
    assert "check the cable" in page


@pytest.mark.emulator
def test_one_that_cannot_be_reached_takes_nothing_from_the_other(tmp_path: Path) -> None:
    asked = ("--board", "host", "--board", "uno@/dev/nothing", "--limit", "20", "--no-strength", "--json")
    done = tinyml("run", *asked, "--junit", "all.xml", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    rows = json.loads(done.stdout)["boards"]
    assert [(row["board"], row["outcome"], row["passed"]) for row in rows] == [
        ("host", "proven", True), ("uno", "failed", False)
    ]  # fmt: skip
    assert "/dev/nothing" in rows[1]["said"]
    assert rows[0]["answered"] == rows[0]["asked"] == 30
    assert Path(rows[0]["report"]).is_file()
    root = ElementTree.fromstring((tmp_path / "all.xml").read_text())  # noqa: S314 - our own
    assert [suite.attrib["errors"] for suite in root] == ["0", "1"]
    assert "Traceback" not in done.stderr
