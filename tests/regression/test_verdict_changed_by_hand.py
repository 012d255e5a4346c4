"""A `verification.json` in which "differs" was changed to "proven" was reported as proven, with 3 of 40 equal."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tests.regression.workspace import Refused, build_of, tinyml
from tests.report import samples
from toolkit.artifacts import DeviceIdentity, Verdict, Verification
from toolkit.errors import ChangedFileError


@pytest.fixture(name="failed")
def _failed(folder: Path) -> Path:
    """The workspace, and a verdict of "differs" on its build."""
    build = build_of(folder)
    device = DeviceIdentity(build.board, str(build.runtime), build.model_sha256, build.build_id, 0, 0)
    result = dataclasses.replace(samples.broken(), board=build.board, model=build.model, device=device)
    assert result.verdict is Verdict.DIFFERS
    result.save(folder / "build" / "host" / "proposed-int8-aot" / "verification.json")
    return folder


@pytest.mark.parametrize(
    ("key", "value"), [("verdict", "proven"), ("bit_exact", 1), ("inputs", "all there are"), ("record_sha256", "")]
)
def test_a_verdict_that_was_changed_is_refused(failed: Path, key: str, value: object) -> None:
    path, junit = failed / "build" / "host" / "proposed-int8-aot" / "verification.json", failed / "junit.xml"
    with pytest.raises(Refused, match="not proven") as caught:
        tinyml("report", folder=failed)
    assert caught.value.error.exit_code == 4
    record = json.loads(path.read_text())
    assert record[key] != value
    path.write_text(json.dumps(record | {key: value}))
    with pytest.raises(Refused, match=r"verification\.json is not what tinyml verify wrote") as caught:
        tinyml("report", "--junit", str(junit), folder=failed)
    assert isinstance(caught.value.error, ChangedFileError)
    assert 'errors="1"' in junit.read_text()


def test_white_space_is_no_change(failed: Path) -> None:
    path = failed / "build" / "host" / "proposed-int8-aot" / "verification.json"
    before = Verification.load(path)
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert Verification.load(path) == before
