"""What two interpreters said of a network is asked once for the same network, inputs and interpreters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from toolkit import models, reference, resources
from toolkit.artifacts import Agreement, DType, ElementType
from toolkit.reference import agreement
from toolkit.steps import agreement as step

pytestmark = pytest.mark.skipif(
    not all(map(reference.is_installed, ("tflite_micro", "ai_edge_litert"))), reason="one interpreter alone"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def _of(path: Path) -> Agreement:
    return step.begin(path, DType.INT8, known=True, floats=None)()


def test_the_same_is_asked_once(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = models.resolve("proposed", DType.INT8, tmp_path).path
    first = _of(model)
    assert first.inputs >= 10 and not first.why_not
    asked: list[bytes] = []
    ask = agreement.of

    def counted(tflite: bytes, *rest: Any) -> Agreement:
        asked.append(tflite)
        return ask(tflite, *rest)

    monkeypatch.setattr(agreement, "of", counted)
    assert _of(model) == first
    assert not asked
    _of(models.resolve("half", DType.INT8, tmp_path).path)
    assert len(asked) == 1
    for file in (cache / "agreement").iterdir():
        file.write_text('{"inputs": "many"}')
    assert _of(model) == first
    assert len(asked) == 2


def test_what_could_not_be_asked_is_asked_again(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = models.resolve("proposed", DType.INT8, tmp_path).path
    failed = Agreement(ElementType.INT8, why_not="out of memory")
    monkeypatch.setattr(agreement, "of", lambda *_: failed)
    assert _of(model) == failed
    assert not (cache / "agreement").exists()
