"""`report` said "cnn-2-2: proven" of a build that was never verified: the verification was the former build's."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.regression.workspace import Refused, build_of, tinyml
from toolkit.artifacts import Verdict, Verification
from toolkit.errors import LinkError, TinymlError

SMALL = ("--limit", "5", "--json")


@pytest.fixture(name="proven")
def _proven(folder: Path) -> Path:
    """The workspace, its build proven."""
    tinyml("flash", folder=folder)
    assert tinyml("verify", *SMALL, folder=folder)["proven"] is True
    return folder


def place(folder: Path, name: str) -> Path:
    return folder / "build" / "host" / "proposed-int8-aot" / name


def test_build_sets_aside_the_verdict_on_another_one(proven: Path) -> None:
    former = build_of(proven)
    kept = place(proven, "verification.json").read_bytes()
    tinyml("build", "-b", "host", "--optimise", "size", folder=proven)
    assert not place(proven, "verification.json").exists()
    assert not place(proven, "report.html").exists()
    earlier = place(proven, "earlier") / former.build_id
    assert (earlier / "verification.json").read_bytes() == kept, "nothing is lost"
    assert (earlier / "report.html").exists()
    with pytest.raises(
        Refused, match=rf"proposed .* has not been verified .* of proposed int8, build {former.build_id}"
    ):
        tinyml("report", "--junit", str(proven / "junit.xml"), folder=proven)
    assert 'errors="1"' in (proven / "junit.xml").read_text()


def test_a_build_of_another_model_has_a_folder_and_a_verdict_of_its_own(proven: Path) -> None:
    kept = {name: place(proven, name).read_bytes() for name in ("verification.json", "report.html", "build.json")}
    tinyml("build", "-b", "host", "-m", "cnn-2-2", folder=proven)
    assert {name: place(proven, name).read_bytes() for name in kept} == kept
    with pytest.raises(Refused, match=r"cnn-2-2 .* has not been verified yet, or not to the end$|cnn-2-2 .* verified"):
        tinyml("report", folder=proven)
    with pytest.raises(Refused, match=r"build"):  # the board still runs the former one
        tinyml("verify", *SMALL, folder=proven)
    assert tinyml("flash", "--json", folder=proven)["board"] == "host"
    assert tinyml("verify", *SMALL, folder=proven)["model"] == "cnn-2-2"
    assert {name: place(proven, name).read_bytes() for name in kept} == kept


def test_the_same_build_made_again_keeps_its_verdict(proven: Path) -> None:
    tinyml("build", "-b", "host", folder=proven)
    tinyml("report", folder=proven)


def test_report_refuses_the_verdict_on_another_build_and_says_whose_it_is(proven: Path) -> None:
    path = place(proven, "verification.json")
    result = Verification.load(path)
    other = dataclasses.replace(
        result, model="cnn-2-2", device=dataclasses.replace(result.device, build_id="0123456789abcdef")
    )
    other.save(path)
    with pytest.raises(
        Refused, match=r"another build: cnn-2-2 int8 on host, build 0123456789abcdef; proposed"
    ) as caught:
        tinyml("report", "--junit", str(proven / "junit.xml"), folder=proven)
    assert caught.value.error.exit_code == 1
    assert 'errors="1"' in (proven / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("error", "said"), [(LinkError("it fell silent"), "it fell silent"), (KeyboardInterrupt(), "interrupted")]
)
def test_a_run_that_stops_midway_leaves_no_verdict(
    proven: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    junit = proven / "junit.xml"
    tinyml("report", "--junit", str(junit), folder=proven)
    assert 'errors="0"' in junit.read_text()

    def stop(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("toolkit.verify.verify", stop)
    with pytest.raises(Refused, match=said):
        tinyml("verify", *SMALL, "--junit", str(junit), folder=proven)
    assert 'errors="1"' in junit.read_text(), "a CI system must not take yesterday's verdict for today's"
    with pytest.raises(Refused, match="not to the end"):
        tinyml("report", folder=proven)


def test_a_verify_without_a_device_leaves_no_verdict(proven: Path) -> None:
    tinyml("flash", "--stop", folder=proven)
    with pytest.raises(Refused, match="no port is known"):
        tinyml("verify", *SMALL, folder=proven)
    with pytest.raises(Refused, match="not to the end"):
        tinyml("report", folder=proven)


def test_a_run_that_cannot_flash_leaves_no_verdict(proven: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TinymlError("it does not start")

    monkeypatch.setattr("toolkit.steps.flash.flash", fail)
    with pytest.raises(Refused, match="it does not start"):
        tinyml("run", "-b", "host", *SMALL, folder=proven)
    with pytest.raises(Refused, match="not to the end"):
        tinyml("report", folder=proven)


def test_a_report_of_differences_is_no_success(proven: Path) -> None:
    path = place(proven, "verification.json")
    dataclasses.replace(Verification.load(path), verdict=Verdict.DIFFERS, bit_exact=0, within_tolerance=0).save(path)
    with pytest.raises(Refused, match="not proven") as caught:
        tinyml("report", "--junit", str(proven / "junit.xml"), folder=proven)
    assert caught.value.error.exit_code == 4
    assert place(proven, "report.html").exists()
    assert 'failures="1"' in (proven / "junit.xml").read_text()
