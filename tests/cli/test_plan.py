"""`tinyml build --plan` and its budgets: which ways are on the frontier, which one is picked, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tinyml import tinyml
from toolkit.artifacts import OPTIMISATIONS
from toolkit.errors import DoesNotFitError
from toolkit.frontier import Way, marked, pick

QUICK = Way("speed", "off", 500, 100, 50, 1000, "instructions")
MIDDLE = Way("balanced", "off", 300, 100, 50, 1100, "instructions")
SMALL = Way("size", "off", 200, 100, 50, 3000, "instructions")
ROWS = Way("balanced", "auto", 310, 60, 20, 1150, "instructions")
WORSE = Way("size", "auto", 400, 100, 50, 3500, "instructions")
REFUSED = Way("speed", "auto", refused="too big")
ALL = (MIDDLE, QUICK, SMALL, ROWS, WORSE, REFUSED)


def test_what_no_other_way_beats_is_on_the_frontier() -> None:
    assert [way.options for way in marked(ALL) if way.best] == [each.options for each in (MIDDLE, QUICK, SMALL, ROWS)]
    assert ROWS.options == "--optimise balanced --stream auto"


def test_of_equal_ways_the_first_is_on_it() -> None:
    assert [way.best for way in marked((MIDDLE, MIDDLE))] == [True, False]


@pytest.mark.parametrize(
    ("flash", "ram", "picked"),
    [(None, None, QUICK), (499, None, MIDDLE), (299, None, SMALL), (None, 99, ROWS), (310, 60, ROWS)],
)
def test_the_quickest_that_fits_is_picked(flash: int | None, ram: int | None, picked: Way) -> None:
    assert pick(ALL, flash=flash, ram=ram) is picked


def test_where_nothing_is_counted_the_first_that_fits_is_picked() -> None:
    uncounted = [Way(each, "off", size, 10) for each, size in zip(OPTIMISATIONS, (300, 500, 200), strict=True)]
    assert pick(uncounted, flash=300).optimise == "balanced"


def test_a_budget_that_none_keeps_says_the_least() -> None:
    with pytest.raises(
        DoesNotFitError, match="no way to build it takes 199 bytes of flash and 50 bytes of RAM"
    ) as said:
        pick(ALL, flash=199, ram=50)
    assert "200 bytes of flash and 60 of RAM" in said.value.hint


def test_the_ways_of_a_network_and_the_one_that_is_picked(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "host", "--model", "cnn-2-2", "--budget-flash", "1000000", "--json", cwd=tmp_path)
    built = json.loads(done.stdout)
    assert {way["optimise"] for way in built["ways"]} == set(OPTIMISATIONS)
    assert built["flash_bytes"] == built["picked"]["flash_bytes"]
    assert [folder.name for folder in (tmp_path / "build" / "host").iterdir() if folder.is_dir()] == [
        "cnn-2-2-int8-aot"
    ]


def test_options_that_it_chooses_are_refused(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "host", "--plan", "--optimise", "size", cwd=tmp_path)
    assert done.returncode == 2
    assert "--plan and a budget choose --optimise themselves" in done.stderr
