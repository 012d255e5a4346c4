"""What docs/smallest.md compares, and what it leaves out: like with like, each run once, nothing without a word."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from toolkit import resources
from toolkit.smallest import page_costs, page_helped, page_search, plots, recipe, records, results
from toolkit.smallest.pipeline import WIDE
from toolkit.smallest.recipe import RECIPE, Run
from toolkit.smallest.records import Record

STUDY = resources.models() / "smallest_study"


def _record(
    words: str,
    held_out: float | None,
    *,
    seed: int = 1,
    purpose: str = "recipe",
    start: str = "",
    inside: str = "",
    slope: float = 0.1,
    state: str = records.WHOLE,
    fit: float | None = None,
    **settings: float,
) -> Record:
    run = Run(words, slope, seed, recipe.changed(RECIPE, {"epochs": 40, **settings}), start, inside)
    return Record(run, purpose, 700, 1, state, held_out, 0.1, None, 0.1, 1.0, "v", "now", fit)


def _rows(lines: Sequence[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]


def test_topologies_are_compared_by_plain_runs_of_one_length() -> None:
    found = [
        _record("a", 0.97, purpose="search"),
        _record("a", 0.96, purpose="recipe"),  # the same run on another machine
        _record("a", 0.99, seed=2, epochs=60),
        _record("a", 0.99, seed=2, copies=0),
        _record("a", 0.99, seed=2, inside="b"),
        _record("a", 0.99, seed=2, start="x"),
        _record("b", 0.98, purpose="search"),
        _record("b", 0.97, purpose="search", seed=2),
        _record("b", None, purpose="search", seed=3, state="stopped"),
        _record("c", 0.99, epochs=60),
        _record("d", 0.99, purpose="recipe" + WIDE),
    ]
    lines = page_search.searched(found)
    assert [(row[0], row[4], row[5]) for row in _rows(lines)] == [("`b`", "2", "97.50"), ("`a`", "1", "97.00")]
    assert any("1 others" in line for line in lines)


def test_a_recipe_stands_beside_runs_of_as_many_images_a_step() -> None:
    found = [
        _record("a", 0.97),
        _record("a", 0.98, batches=2),
        _record("a", 0.96, batches=2, inside="b", outer=0.5),
        _record("a", 0.95, batches=2, slope=-1),
        _record("a", 0.94, batches=8, rate=0.1),
    ]
    assert {tuple(row[:7]) for row in _rows(page_search.recipes(found))} == {
        ("`a`", "batches 2", "40", "4", "1", "97.00", "98.00"),
        ("`a`", "inside `b`, outer 0.5", "40", "2", "1", "98.00", "96.00"),
        ("`a`", "slope -1", "40", "2", "1", "98.00", "95.00"),
        ("`a`", "rate 0.1, batches 8", "40", "4", "1", "97.00", "94.00"),  # none of 8 batches is plain
    }


def test_what_goes_on_stands_beside_what_it_goes_on_from() -> None:
    first = _record("a", 0.97, batches=2)
    wide = _record("w", 0.99, purpose="recipe" + WIDE)
    cut = _record("a", 0.975, start=wide.identity)
    found = [first, _record("a", 0.96, start=first.identity, batches=2, rate=0.02, epochs=30), wide, cut,
             _record("a", 0.98, start=wide.identity, copies=30)]  # fmt: skip
    assert [tuple(row[:7]) for row in _rows(page_search.recipes(found))] == [
        ("`a`", "rate 0.02, going on from it", "30", "2", "1", "97.00", "96.00"),
        ("`a`", "copies 30", "40", "4", "1", "97.50", "98.00"),
    ]


def test_runs_without_a_plain_one_are_counted() -> None:
    lines = page_search.recipes([_record("a", 0.97, seed=seed, copies=0) for seed in (1, 2)])
    assert not _rows(lines)
    assert "2 of `a`, copies 0, 40 epochs" in lines[-2]
    assert "None is left out." in page_search.recipes([_record("a", 0.97), _record("a", 0.97, copies=0)])


def test_pruned_starts_and_drawn_ones_of_the_same_recipe() -> None:
    wide = _record("w", 0.99, purpose="n start" + WIDE)
    pruned = [
        _record("a", value, seed=seed, purpose="n start", start=wide.identity) for seed, value in ((1, 0.97), (2, 0.99))
    ]
    found = [
        wide,
        *pruned,
        _record("a", 0.99, seed=9, purpose="n start", start=pruned[0].identity),  # goes on, is not pruned
        *(_record("a", value, seed=seed) for seed, value in ((1, 0.96), (2, 0.97), (3, 0.98))),
        _record("a", 0.5, seed=4, epochs=60),
        _record("a", 0.5, seed=4, inside="w"),
    ]  # fmt: skip
    (each,) = page_helped.starts(found)
    assert (len(each.pruned), len(each.drawn), each.before) == (2, 3, 40)
    mean, error = page_helped.mean_and_error([record.held_out or 0 for record in each.drawn])
    assert mean == pytest.approx(0.97) and error == pytest.approx(0.01 / math.sqrt(3))
    text = "\n".join(page_helped.pruned(found, {}))
    assert "| `a` | pruned | 40 | 40 | 4 | 2 | 98.000 | 1.000 | 0 | - | - |" in text
    assert "`a` +1.000 ± 1.155, within two standard errors" in text


def test_nothing_is_said_of_pruned_starts_where_there_are_none() -> None:
    assert page_helped.pruned([_record("a", 0.97)], {}) == []


def test_weights_of_a_file_are_what_the_study_counts() -> None:
    """By hand: 685 weights of a byte, 22 biases of four; the shape that a reshape asks for is none of them."""
    assert page_costs.weight_bytes(resources.models() / "proposed" / "proposed_int8.tflite") == 685 + 22 * 4


def test_each_cost_has_the_networks_that_it_is_known_of(tmp_path: Path) -> None:
    rows = results.rows(STUDY)
    points = page_costs.points(rows)
    assert {each.label for each in points if each.label} == {row.network for row in rows if row.stands}
    assert sum(each.chosen_on == plots.PAPER for each in points) == 10
    known = {
        cost: sorted(each.label for each in points if each.label and each.costs.get(cost))
        for cost in ("params", "flash_bytes")
    }
    assert known["params"] == ["compact", "half", "proposed", "smallest", "smallest-upright", "tiny-row"]
    assert known["flash_bytes"] == known["params"]
    plots.costs(points, tmp_path / "costs.svg")
    assert (tmp_path / "costs.svg").read_text(encoding="utf-8").count(">smallest-upright<") == 6


def test_a_network_of_the_paper_has_the_mean_of_its_seeds() -> None:
    told = json.loads(resources.paper_results().read_text(encoding="utf-8"))
    seeds = [
        each["accuracy"]["int8"]
        for each in told
        if (each["run"]["model"], each["run"]["recipe"], each["run"]["epochs"], each["run"]["data"])
        == ("cnn2-3-3-4", "paper", 20, "mnist")
    ]
    point = next(each for each in page_costs.points([]) if each.costs.get("params") == 468)
    assert point.accuracy == pytest.approx(sum(seeds) / len(seeds)) and len(seeds) == 3
