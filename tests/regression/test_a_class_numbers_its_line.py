"""Under Python 3.13 the schema's list of operators had one more: __firstlineno__, the line at which its class begins.

No test saw it: the tests ran on Python 3.11 only, where a class holds no number that was not put there.
"""

from __future__ import annotations

import types

import pytest
import tflite

from toolkit.tflite import description


def test_an_enumeration_holds_its_members_only(monkeypatch: pytest.MonkeyPatch) -> None:
    members = {"ADD": 0, "CONV_2D": 3, "__firstlineno__": 5}
    monkeypatch.setattr(tflite, "Invented", types.SimpleNamespace(**members), raising=False)
    assert description.names("Invented") == {0: "ADD", 3: "CONV_2D"}
    description.names.cache_clear()
