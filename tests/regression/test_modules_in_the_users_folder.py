"""A folder `tflite_micro` beside the model was run as the interpreter, and the model refused for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.regression.float_networks import dense, weights
from toolkit import reference
from toolkit.runtimes.tflm import figures


@pytest.mark.parametrize("name", ["tflite_micro", "numpy", "toolkit"])
def test_they_are_not_taken_for_ours(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("import pathlib; pathlib.Path('ran').touch(); raise SystemExit(1)")
    model = tmp_path / "model.tflite"
    model.write_bytes(dense(weights(4, 8), weights(1, 4)[0]))
    monkeypatch.chdir(tmp_path)
    reference.probe(model)
    if reference.is_installed(reference.OFFICIAL):
        figures.measure(model.read_bytes())
    assert not (tmp_path / "ran").exists()


def test_no_child_looks_for_modules_there() -> None:
    """Python puts the present folder first for -c and -m, unless it is told -P."""
    sources = Path(reference.__file__).parents[1].rglob("*.py")
    calls = [line for path in sources for line in path.read_text().splitlines() if "[sys.executable" in line]
    assert calls
    assert [line for line in calls if '"-P"' not in line] == []
