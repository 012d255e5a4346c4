"""`verify --resume` after a whole run took each answer from the journal: another board was proven and asked nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.regression.workspace import Refused, tinyml

SMALL = ("verify", "--limit", "3", "--json")


def test_a_run_that_came_to_its_verdict_is_not_resumed(folder: Path) -> None:
    tinyml("flash", folder=folder)
    assert tinyml(*SMALL, folder=folder)["proven"] is True
    with pytest.raises(Refused, match="no interrupted run"):
        tinyml(*SMALL, "--resume", folder=folder)
    assert tinyml(*SMALL, folder=folder)["resumed"] == 0


def test_a_run_that_was_interrupted_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tinyml("flash", folder=folder)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("toolkit.verify.judge", interrupted)  # every answer is there, and no verdict yet
        with pytest.raises(Refused, match="interrupted after 13 answers"):
            tinyml(*SMALL, folder=folder)
    result = tinyml(*SMALL, "--resume", folder=folder)
    assert (result["proven"], result["resumed"]) == (True, 13)
