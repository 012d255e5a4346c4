"""The same verdict on the terminal, as JSON and as JUnit XML."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from tests.report import samples
from toolkit.artifacts import Build, InputResult, Runtime, Verification
from toolkit.report import junit, summary, terminal
from toolkit.report.pictures import attach


def printed(verification: Verification, build: Build | None = None) -> str:
    out = io.StringIO()
    terminal.render(Console(file=out, width=80, highlight=False), verification, build or samples.build())
    return out.getvalue()


def test_the_terminal_shows_the_verdict_on_one_screen() -> None:
    text = printed(samples.proven())
    assert "PROVEN  Every output equals the host's, byte for byte." in text
    assert "410 of 410" in text
    assert "1.11 ms at 64 MHz" in text
    assert len(text.splitlines()) <= 24


def test_the_terminal_shows_what_differs_on_one_screen() -> None:
    everything = samples.all_results()
    run = samples.judged([samples.changed(result, bytes(10)) for result in everything], samples.broken().link)
    text = printed(run)
    assert "NOT PROVEN" in text
    assert "mnist 0 " in text
    assert everything[0].expected[:2] in text
    assert "and 407 more" in text
    assert len(text.splitlines()) <= 24


def test_the_terminal_marks_external_images_that_are_misread() -> None:
    everything = samples.all_results()
    seven = everything[samples.DIGITS + 7]
    everything[samples.DIGITS + 7] = dataclasses.replace(seven, predicted=1)
    assert "7→1 ✗" in printed(samples.judged(everything))


def test_the_terminal_tells_what_an_interpreter_used_of_its_arena() -> None:
    device = dataclasses.replace(samples.proven().device, runtime="tflm", arena_bytes=5812)
    run = dataclasses.replace(samples.proven(), device=device)
    build = dataclasses.replace(samples.build(), runtime=Runtime.TFLM, arena_bytes=6976)
    text = printed(run, build)
    assert "5,812 bytes used of 6,976 reserved" in text
    assert len(text.splitlines()) <= 24
    assert "reserved" not in printed(samples.proven())


def test_a_name_is_no_markup() -> None:
    result = dataclasses.replace(samples.broken().wrong[0], name="[bold]x[/nope]", exact=False, within_tolerance=False)
    assert "[bold]x[/nope]" in printed(dataclasses.replace(samples.broken(), wrong=(result,)))


def test_json_has_the_fields_that_others_rely_on() -> None:
    value = json.loads(json.dumps(summary.to_json(attach(samples.proven(), samples.images()))))
    assert value["images"] == value["answered"] == value["bit_exact"] == 410
    assert value["resent"] == 0
    assert value["proven"] is True
    assert set(value["accuracy"]) == {"mnist", "external"}
    for score in value["accuracy"].values():
        assert set(score) == {"correct", "total", "ci95"}
        low, high = score["ci95"]
        assert 0 <= low <= score["correct"] / score["total"] <= high <= 1
    assert {"unit", "median", "max"} <= set(value["ticks"])
    assert isinstance(value["seconds"], float)
    assert {"board", "runtime", "model_sha256", "build_id"} <= set(value["device"])
    assert len(json.dumps(value)) < 60_000
    # A figure that is gone or renamed breaks a script of somebody's: new ones may come.
    assert set(value) >= {
        *("board", "model", "dtype", "images", "answered", "bit_exact", "within_tolerance", "tolerance"),
        *("max_difference", "resent", "verdict", "inputs", "distinct_outputs", "reference", "first_difference"),
        *(
            "accuracy",
            "ticks",
            "seconds",
            "images_per_second",
            "device",
            "link",
            "external",
            "wrong",
            "confusion",
            "scores",
        ),
        *("date", "port", "emulated", "resumed", "data", "tools", "devices", "proven"),
    }
    assert [len(value["confusion"][name]) for name in ("mnist", "external")] == [10, 10]
    assert [result["label"] for result in value["external"]] == list(range(10))


def parsed(verification: Verification) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(verification))  # noqa: S314 - our own output


@pytest.mark.parametrize("run", [samples.proven(), samples.broken()], ids=["proven", "broken"])
def test_junit_fails_exactly_where_the_proof_does(run: Verification) -> None:
    root = parsed(run)
    suite = root[0]
    cases, failures = suite.findall("testcase"), suite.findall("testcase/failure")
    assert int(root.attrib["tests"]) == int(suite.attrib["tests"]) == len(cases)
    assert int(suite.attrib["failures"]) == len(failures)
    assert bool(failures) is not run.proven
    names = [case.attrib["name"] for case in cases]
    assert len(names) == len(set(names))
    assert "external image 4.png" in names
    failed = {case.attrib["name"] for case in cases if case.find("failure") is not None}
    if not run.proven:
        assert failed == {"verdict", "all outputs: MNIST test set", "mnist image 123", "mnist image 307"}


def test_junit_holds_the_bytes_of_a_difference() -> None:
    run = samples.broken()
    result = next(result for result in run.wrong if not result.passed)
    case = parsed(run).find(".//testcase[@name='mnist image 123']/failure")
    assert case is not None
    assert case.text == f"expected {result.expected}\ngot      {result.got}"


def test_junit_says_that_a_misread_image_is_no_failure() -> None:
    everything = samples.all_results()
    everything[-1] = dataclasses.replace(everything[-1], predicted=4)
    root = parsed(samples.judged(everything))
    case = root.find(".//testcase[@name='external image 9.png']")
    assert case is not None
    assert case.findtext("system-out") == "proven, but misread: a 9, read as 4"
    assert not root.findall(".//failure")


def test_junit_survives_names_that_xml_cannot_hold(tmp_path: Path) -> None:
    result: InputResult = dataclasses.replace(samples.broken().singly[0], name="a\x00<b>\x1b\ud800.png")
    junit.write(tmp_path / "junit.xml", samples.singly(samples.broken(), result))
    root = ElementTree.parse(tmp_path / "junit.xml")  # noqa: S314 - our own output
    names = [case.attrib["name"] for case in root.iter("testcase")]
    assert "external image a�<b>��.png" in names


def test_junit_counts_inputs_without_labels() -> None:
    run = dataclasses.replace(samples.proven(), asked=100, sets=(samples.made_up(100),), wrong=())
    names = [case.attrib["name"] for case in parsed(run).iter("testcase")]
    assert names == ["verdict", "all outputs: made-up inputs"]
