"""Networks in words: parameters counted as stored, and words that make no network."""

from __future__ import annotations

import pytest

from toolkit.errors import ModelError
from toolkit.zoo.topology import Kind, parse


@pytest.mark.parametrize(
    ("words", "parameters", "macs"),
    [
        # Counted by hand; the paper's own network; the best published one below 700 (JoshWarn's); a tied one.
        ("c3p c4p d5 F", 707, 29_602),
        ("c6p s5 s9 s10 s8 g F", 697, 66_667),
        ("c6p s13 s13 s13t s13t g F", 696, 96_936),
        ("c2 P g d4 F", 20 + 4 * 2 + 4 + 10 * 4 + 10, 9 * 2 * 26 * 26 + 8 + 40),
        ("c4p s10n g", 4 * 9 + 4 + 4 * 9 + 40 + 10, 36 * 26 * 26 + 36 * 121 + 40 * 121),
    ],
)
def test_parameters_are_counted_as_stored(words: str, parameters: int, macs: int) -> None:
    topology = parse(words)
    assert (topology.parameters, topology.macs) == (parameters, macs)


def test_a_tied_use_stores_a_bias_and_a_multiplier_and_no_weights() -> None:
    once, twice = parse("c4p s6 s6 g F"), parse("c4p s6 s6 s6t g F")
    assert twice.parameters - once.parameters == 12
    pointwise = [layer for layer in twice.layers if layer.kind is Kind.POINTWISE]
    assert pointwise[1].weights == pointwise[2].weights != pointwise[0].weights
    assert [layer.use for layer in pointwise] == [0, 0, 1]


def test_slots_lie_one_after_another() -> None:
    topology = parse("c4p s6 s6 s6t r1 P d5 F")
    ends = [slot.offset + slot.size for slot in topology.slots]
    assert [0, *ends[:-1]] == [slot.offset for slot in topology.slots]
    assert ends[-1] == topology.trained


@pytest.mark.parametrize(
    "words",
    [
        "",
        "c4p",
        "F c4p",
        "c F",
        "x4 F",
        "c4p s6t g F",
        "c4p s6 s5t g F",
        "c4k9p g F",
        "c4p r1 g F",
        "c4p P P P P g F",
        "c4q F",
    ],
)
def test_words_that_make_no_network(words: str) -> None:
    with pytest.raises(ModelError):
        parse(words)


def test_a_slope_that_is_none() -> None:
    with pytest.raises(ModelError, match="slope"):
        parse("c4p g F", 1.0)
