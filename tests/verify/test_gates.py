"""Gates: which way each is held, what cannot be measured, and that they change no verdict."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.report import samples
from toolkit import gates
from toolkit.artifacts import GateResult, Ticks, Verdict, Verification
from toolkit.cli.verify import finish
from toolkit.errors import MissedGateError, NotProvenError, TinymlError, UndecidedError, UsageError
from toolkit.gates import Gates
from toolkit.report import html, junit, summary

BUILD = samples.build()
PROVEN = samples.proven()
RIGHT = gates.scores_of(PROVEN)["accuracy"]


def _one(asked: Gates, run: Verification = PROVEN) -> GateResult:
    (found,) = gates.judge(asked, BUILD, run)
    return found


@pytest.mark.parametrize("name", gates.directions())
def test_each_is_met_at_its_bound_and_missed_beyond_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "scores_of", lambda _: dict.fromkeys(gates.directions(), 0.5))
    for unit in gates.TICKS:
        run = dataclasses.replace(PROVEN, ticks=Ticks(unit, 1, 2, 3))
        if name not in gates.TICKS or name == unit:
            break
    value = _one(gates.parse([f"{name}=0"]), run).value
    assert value is not None
    step = 1 if isinstance(value, int) else 0.01
    better = value - step if gates.directions()[name] else value + step
    worse = value + step if gates.directions()[name] else value - step
    for bound, met in ((value, True), (better, True), (worse, False)):
        assert _one(gates.parse([f"{name}={bound}"]), run).met is met, bound


def test_what_more_is_better_of_is_known() -> None:
    assert [name for name, least in gates.directions().items() if least] == [
        "accuracy",
        "top3",
        "top5",
        "macro_f1",
        "auc",
        "r2",
    ]


def test_the_slowest_inference_counts() -> None:
    run = dataclasses.replace(PROVEN, ticks=Ticks("instructions", 1, 2, 30))
    assert _one(Gates(instructions=29), run).in_words == "instructions 30, at most 29: missed"


@pytest.mark.parametrize(
    ("asked", "run", "why"),
    [
        (Gates(instructions=9), dataclasses.replace(PROVEN, ticks=Ticks("microseconds", 1, 2, 3)), "counts microsec"),
        (Gates(instructions=9), dataclasses.replace(PROVEN, ticks=None), "does not time"),
        (Gates(auc=0.5), PROVEN, "scored by accuracy"),
        (Gates(accuracy=0.5), dataclasses.replace(PROVEN, sets=()), "no input has a truth"),
    ],
)
def test_what_cannot_be_measured_is_missed_by_name(asked: Gates, run: Verification, why: str) -> None:
    found = _one(asked, run)
    assert not found.met
    assert found.value is None
    (name,) = asked.asked()
    assert found.in_words.startswith(f"{name} cannot be measured, ")
    assert why in found.in_words


def test_a_build_alone_is_asked_for_sizes_alone() -> None:
    asked = Gates(accuracy=1.0, flash_bytes=BUILD.flash_bytes - 1, ram_bytes=BUILD.ram_bytes)
    assert [(each.name, each.met) for each in gates.judge(asked, BUILD)] == [
        ("flash_bytes", False),
        ("ram_bytes", True),
    ]


def test_a_value_just_below_its_bound_does_not_look_equal_to_it() -> None:
    told = GateResult("accuracy", 0.95, True, 0.94999999, False).in_words
    assert told == "accuracy 0.94999999, at least 0.95: missed"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("accuracy", "no gate"),
        ("accuracy=much", "no gate"),
        ("accuracy=nan", "no gate"),
        ("accuracy=1e999", "no gate"),
        ("=3", "not a known key"),
        ("accurcy=0.9", "accurcy is not a known key"),
        ("accuracy=2", "must not be more than 1"),
        ("flash_bytes=-1", "must not be less than 0"),
        ("flash_bytes=1.5", "must be a whole number"),
    ],
)
def test_a_bad_option_is_one_line(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        gates.parse([text])
    assert told in caught.value.message


def test_what_is_spelt_is_parsed_again() -> None:
    asked = Gates(accuracy=0.1, r2=-3.5, mae=1e-9, flash_bytes=2**40)
    assert gates.parse(gates.spell(asked)) == asked


def _ends(run: Verification, tmp_path: Path) -> TinymlError | None:
    try:
        finish(tmp_path / "report.html", BUILD, run, json=True, junit=tmp_path / "verdict.xml")
    except TinymlError as caught:
        return caught
    return None


def _with(run: Verification, asked: Gates) -> Verification:
    return dataclasses.replace(run, gates=gates.judge(asked, BUILD, run))


MISSED = Gates(accuracy=1.0, flash_bytes=BUILD.flash_bytes)


def test_exit_codes(tmp_path: Path) -> None:
    assert _ends(_with(PROVEN, Gates(accuracy=RIGHT)), tmp_path) is None
    missed = _ends(_with(PROVEN, MISSED), tmp_path)
    assert isinstance(missed, MissedGateError)
    assert missed.exit_code == 4
    assert "1 gate is not met: accuracy" in missed.message


@pytest.mark.parametrize(
    ("verdict", "error"),
    [(Verdict.DIFFERS, NotProvenError), (Verdict.WEAK, NotProvenError), (Verdict.UNDECIDED, UndecidedError)],
)
@pytest.mark.parametrize("asked", [MISSED, Gates(accuracy=0.0)])
def test_they_change_no_verdict(verdict: Verdict, error: type[TinymlError], asked: Gates, tmp_path: Path) -> None:
    run = dataclasses.replace(PROVEN, verdict=verdict)
    assert type(_ends(run, tmp_path)) is type(_ends(_with(run, asked), tmp_path))
    assert isinstance(_ends(_with(run, asked), tmp_path), error)
    assert _with(run, asked).verdict is verdict


def test_every_form_lists_each(tmp_path: Path) -> None:
    run = _with(PROVEN, MISSED)
    suite = ElementTree.fromstring(junit.render(run))  # noqa: S314 - our own
    cases = {case.attrib["name"]: case.find("failure") for case in suite.iter("testcase")}
    assert cases["verdict"] is None  # it is proven
    assert cases["gate flash_bytes"] is None
    assert cases["gate accuracy"] is not None
    assert suite.attrib["failures"] == "1"
    page = html.render(run, BUILD)
    assert all(each.in_words in page for each in run.gates)
    assert 'id="gates"' not in html.render(PROVEN, BUILD)
    assert [each["met"] for each in summary.to_json(run)["gates"]] == [False, True]
    run.save(tmp_path / "verification.json")
    assert Verification.load(tmp_path / "verification.json").missed[0].in_words == run.missed[0].in_words
