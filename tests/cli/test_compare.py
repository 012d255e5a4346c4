"""`tinyml compare`: what changed, which way, by how much, and when that is an exit code."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.projects import project, said, tinyml
from tests.report import samples
from toolkit import comparison, gates
from toolkit.artifacts import Baseline, Ticks, Verdict
from toolkit.artifacts.baseline import KIND, Identity, KeptSet, Sizes, Verified, fingerprint
from toolkit.comparison import Change, Comparison
from toolkit.errors import TinymlError, UsageError

OUTPUTS = [bytes([each, 7]) for each in range(10)]
BEFORE = Baseline(
    KIND,
    Identity("uno", "net", "int8", "aot", "avr_gcc", "-Os", "aa" * 32, "01" * 8, {"avr-gcc": "7.3"}),
    Sizes(10_000, 900, {"model": 6000, "core": 4000}, {"model": 900}, 700, 4000, 12_345),
    Verified(
        Verdict.PROVEN,
        10,
        10,
        "ten",
        Ticks("cycles", 100, 110, 120),
        (KeptSet("own", 10, {"accuracy": 0.8, "macro_f1": 0.7}, "ee" * 32, fingerprint(OUTPUTS), ((1, 2), (4, 0))),),
    ),
)
assert BEFORE.verified is not None
VERIFIED = BEFORE.verified
OWN = VERIFIED.sets[0]


def _with(**parts: Any) -> Baseline:
    """The same with another part of what was verified, sized or said of the set."""
    told = {key: parts.pop(key) for key in list(parts) if key in ("sizes", "verified", "identity")}
    after = dataclasses.replace(BEFORE, **told)
    of_set = {key: parts.pop(key) for key in list(parts) if hasattr(OWN, key) and key != "asked"}
    assert after.verified is not None or not (of_set or parts)
    if of_set or parts:
        sets = (dataclasses.replace(OWN, **of_set),)
        after = dataclasses.replace(after, verified=dataclasses.replace(VERIFIED, sets=sets, **parts))
    return after


def _sized(**sizes: Any) -> Baseline:
    assert BEFORE.sizes is not None
    return _with(sizes=dataclasses.replace(BEFORE.sizes, **sizes))


def _compared(after: Baseline, *tolerances: str, before: Baseline = BEFORE) -> Comparison:
    return comparison.compare(before, after, tolerances=comparison.tolerances_of(tolerances))


def _named(compared: Comparison, name: str) -> Change:
    (found,) = [each for each in compared.changes if each.name == name]
    return found


def test_the_same_is_the_same() -> None:
    compared = _compared(BEFORE)
    assert all(each.same for each in compared.changes)
    assert compared.worse == ()
    assert compared.remarks == ()


@pytest.mark.parametrize(
    ("after", "name", "worse"),
    [
        (_sized(flash_bytes=10_001), "flash_bytes", True),
        (_sized(flash_bytes=9_999), "flash_bytes", False),
        (_sized(ram_bytes=901), "ram_bytes", True),
        (_with(scores={"accuracy": 0.7, "macro_f1": 0.7}), "own accuracy", True),
        (_with(scores={"accuracy": 0.9, "macro_f1": 0.7}), "own accuracy", False),
        (_with(ticks=Ticks("cycles", 100, 110, 121)), "cycles, at most", True),
        (_with(ticks=Ticks("cycles", 1, 2, 3)), "cycles, at most", False),
        (_with(verdict=Verdict.WEAK), "verdict", True),
        (_with(verdict=Verdict.DIFFERS), "verdict", True),
    ],
)
def test_each_way(after: Baseline, name: str, worse: bool) -> None:
    compared = _compared(after)
    assert _named(compared, name).better is not worse
    assert [each.name for each in compared.worse] == ([name] if worse else [])


def test_an_error_is_worse_when_it_grows() -> None:
    before, after = _with(scores={"mae": 1.0}), _with(scores={"mae": 1.5})
    assert [each.name for each in _compared(after, before=before).worse] == ["own mae"]
    assert _compared(before, before=after).worse == ()


def test_a_metric_that_we_do_not_know_is_shown_and_not_judged() -> None:
    compared = _compared(_with(scores={"kappa": 0.1}), before=_with(scores={"kappa": 0.9}))
    assert _named(compared, "own kappa").after == 0.1
    assert compared.worse == ()


@pytest.mark.parametrize(
    ("tolerance", "worse"),
    [("flash_bytes=99", True), ("flash_bytes=100", False), ("flash_bytes=1%", False), ("flash_bytes=0.9%", True)],
)
def test_tolerances(tolerance: str, worse: bool) -> None:
    assert bool(_compared(_sized(flash_bytes=10_100), tolerance).worse) is worse


def test_a_tolerance_in_decimals_is_not_missed_by_its_last_bit() -> None:
    after = _with(scores={"accuracy": 0.8 - 0.1, "macro_f1": 0.7})
    assert _compared(after, "accuracy=0.1").worse == ()


@pytest.mark.parametrize("text", ["accuracy", "accurcy=1", "accuracy=much", "accuracy=-1", "accuracy=nan", "mae=inf%"])
def test_a_bad_tolerance_is_one_line(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        _compared(BEFORE, text)
    assert "--tolerance" in caught.value.message


def test_what_is_missing_is_worse() -> None:
    nothing = _with(verified=None)
    names = {each.name for each in _compared(nothing).worse}
    assert names == {"verdict", "own accuracy", "own macro_f1", "cycles, at most"}
    assert comparison.compare(BEFORE, nothing, sizes_only=True).worse == ()
    assert "the second was not verified" in _compared(nothing).remarks
    assert _compared(BEFORE, before=nothing).worse == ()
    assert "ram_bytes" in {each.name for each in _compared(_with(sizes=None)).worse}


def test_another_unit_is_not_compared() -> None:
    compared = _compared(_with(ticks=Ticks("microseconds", 1, 2, 3)))
    assert [each.name for each in compared.worse] == ["cycles, at most"]


def test_a_clock_is_judged_only_if_asked() -> None:
    before, after = _with(ticks=Ticks("microseconds", 1, 2, 3)), _with(ticks=Ticks("microseconds", 4, 5, 6))
    assert _compared(after, before=before).worse == ()
    assert _compared(after, "microseconds=2", before=before).worse != ()


def test_outputs_that_changed_are_counted() -> None:
    others = fingerprint([*OUTPUTS[:7], b"1", None, b"3"])
    compared = _compared(_with(outputs_crc=others, misread=((1, 3), (5, 2), (6, 2))))
    assert _named(compared, "own outputs_changed").after == 3
    assert _named(compared, "own newly misread").after == 2
    assert _named(compared, "own newly right").after == 1
    assert compared.worse == ()
    assert [each.name for each in _compared(_with(outputs_crc=others), "outputs_changed=2").worse]
    assert _compared(_with(outputs_crc=others), "outputs_changed=30%").worse == ()


def test_outputs_to_other_inputs_are_not_compared() -> None:
    compared = _compared(_with(inputs_sha256="ff" * 32))
    assert "own outputs_changed" not in [each.name for each in compared.changes]
    assert any("other inputs were sent" in each for each in compared.remarks)


def test_a_baseline_holds_what_a_run_showed(tmp_path: Path) -> None:
    build, run = samples.build(), samples.broken()
    kept = comparison.keep(build, run)
    kept.save(tmp_path / "kept.json")
    again = comparison.read(tmp_path / "kept.json")
    assert again == kept
    assert kept.verified is not None
    assert kept.verified.verdict is run.verdict
    misread = {(each.index, each.predicted) for each in run.wrong if each.set == run.sets[0].name and each.predicted}
    assert misread
    assert misread <= set(kept.verified.sets[0].misread)
    assert kept.verified.sets[0].scores == gates.of_set(run.sets[0])


def test_a_verification_alone_says_nothing_of_sizes(tmp_path: Path) -> None:
    samples.proven().save(tmp_path / "verification.json")
    kept = comparison.read(tmp_path / "verification.json")
    assert kept.sizes is None
    assert kept.identity.model_sha256 == samples.MODEL_SHA256
    assert comparison.read(tmp_path) == kept


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read"),
        ("[]", "neither a baseline nor"),
        ('{"kind": "tinyml baseline"}', "no readable baseline"),
        ('{"verdict": "proven"}', "no readable|not a readable"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_another_file_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "some.json").write_text(text)
    with pytest.raises(TinymlError, match=told):
        comparison.read(tmp_path / "some.json")
    with pytest.raises(TinymlError, match="there is no"):
        comparison.read(tmp_path / "none.json")


def test_a_pull_request(tmp_path: Path) -> None:
    folder = project(tmp_path, 'board = "host"\n[data]\nlimit = 4\n')
    assert tinyml("run", "--no-strength", cwd=folder).returncode == 0
    done = tinyml("compare", "--save", "baseline.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert tinyml("run", "--no-strength", "--optimise", "size", cwd=folder).returncode == 0
    allowed = ("--tolerance", "ram_bytes=50%", "--tolerance", "outputs_changed=0")
    done = tinyml("compare", "baseline.json", "--no-worse", *allowed, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    changes = {each["name"]: each for each in json.loads(done.stdout)["changes"]}
    assert changes["mnist outputs_changed"]["after"] == 0
    assert changes["flash_bytes"]["better"] is True
    kept = json.loads((folder / "baseline.json").read_text())
    kept["sizes"]["flash_bytes"] = 100
    (folder / "small.json").write_text(json.dumps(kept))
    done = tinyml("compare", "small.json", "--sizes", "--no-worse", cwd=folder)
    assert done.returncode == 4
    assert "flash_bytes was 100, is " in said(done)
    assert tinyml("compare", "small.json", "--sizes", cwd=folder).returncode == 0


def test_what_goes_with_nothing_is_refused(tmp_path: Path) -> None:
    for arguments in (
        (),
        ("a", "--tolerance", "accuracy=1"),
        ("a", "b", "--save", "c"),
        ("a", "--save", "c", "--no-worse"),
    ):
        assert tinyml("compare", *arguments, cwd=tmp_path).returncode == 2


def test_a_strength_that_was_measured_and_is_not_is_worse() -> None:
    strong, left_out = _with(planted=500, seen=498), _with(planted=0, seen=0)
    assert [each.name for each in _compared(left_out, before=strong).worse] == ["faults planted"]
    assert _compared(strong, before=left_out).worse == _compared(strong, before=strong).worse == ()
