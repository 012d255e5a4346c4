"""docs/smallest.md said that every run is recorded, pruned starts are 0.15 points better, and no teacher was tried."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit import resources
from toolkit.smallest import page, page_helped, page_search, records

STUDY = resources.models() / "smallest_study"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(STUDY, folder / "study", ignore=shutil.ignore_patterns("checkpoints", "weights"))
    return page.write(folder / "study", folder).read_text(encoding="utf-8")


def test_trials_that_no_record_knows_are_told(text: str) -> None:
    assert "every run is in" not in text
    assert "wrote no record" in text and "thirty chains" in text
    protocol = Path(__file__).parents[2] / "docs" / "smallest" / "protocol.md"
    assert "the rule that every run is counted and kept was broken" in protocol.read_text(encoding="utf-8")


def test_pruned_starts_have_the_figures_of_the_records(text: str) -> None:
    """Of `smallest` and `proposed`: what was claimed is three to five times what there is."""
    gains = {}
    for each in page_helped.starts(records.read(STUDY)):
        if each.drawn:
            ours, others = ([record.held_out or 0.0 for record in found] for found in (each.pruned, each.drawn))
            (one, first), (other, second) = page_helped.mean_and_error(ours), page_helped.mean_and_error(others)
            gains[each.words] = one - other
            assert abs(one - other) < 2 * (first**2 + second**2) ** 0.5
    assert gains["c6p s13 s13 s13t s13t g F"] == pytest.approx(0.00045, abs=5e-5)
    assert gains["c3p c4p d5 F"] == pytest.approx(0.00035, abs=5e-5)
    assert "0.15 points better" not in text


def test_what_was_tried_is_not_among_what_was_not_done(text: str) -> None:
    not_done = next(line for line in text.splitlines() if line.startswith("- Not done"))
    assert "teacher" not in not_done and "A loss against a teacher" in text
    asked = [record for record in records.read(STUDY) if record.purpose == "search 350"]
    assert f"{len(asked)} runs of 25 epochs" in text and "dozen trainings" not in text


def test_no_recipe_vanishes_for_the_images_that_it_takes_a_step(text: str) -> None:
    """Eleven of thirteen runs inside a wider network, and all slopes below 0, had no plain one of four batches."""
    lines = page_search.recipes(records.read(STUDY))
    shown = [line for line in lines if line.startswith("| `")]
    assert sum(int(line.split("|")[5]) for line in shown if "inside" in line) == 13
    assert any("slope -1" in line for line in shown)
    assert "Left out, as no plain run" in text


def test_topologies_are_not_ranked_over_lengths(text: str) -> None:
    assert "by the mean of their short trainings" not in text
    assert f"trainings of {page_search.EPOCHS} epochs with the one recipe" in text
