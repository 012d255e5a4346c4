"""`good.lite` and `GOOD.TFLITE` were "no model of that name"; so were a `.keras` and a SavedModel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tflite import files
from tests.tflite.test_source import xxd
from toolkit import models
from toolkit.artifacts import DType, sha256_of
from toolkit.errors import ModelError

NETWORK = files.unary("RELU")


@pytest.mark.parametrize("name", ["good.lite", "GOOD.TFLITE", "good.bin", "good"])
def test_a_network_is_one_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(NETWORK)
    for meant in (name, f"./{name}"):
        model = models.resolve(meant, DType.INT8, tmp_path)
        assert (model.path, model.sha256, model.changes) == (Path(name).resolve(), sha256_of(NETWORK), ())


def test_a_c_array_is_read_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "model.h"
    path.write_bytes(xxd(NETWORK))
    model = models.resolve(str(path), DType.INT8, tmp_path)
    assert model.read() == NETWORK
    assert (model.name, model.original, model.changes) == ("model", path, ("its C array as a file",))


def test_a_trained_models_name_comes_before_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("proposed").write_bytes(NETWORK)
    assert models.resolve("proposed", DType.INT8, tmp_path).path.name == "proposed_int8.tflite"


def test_a_folder_of_the_user_is_told_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("exported").mkdir()
    Path("exported", "saved_model.pb").touch()
    with pytest.raises(ModelError, match="exported is a SavedModel"):
        models.resolve("exported", DType.INT8, tmp_path)


def test_a_name_with_a_suffix_is_a_path(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"mine\.keras cannot be read: No such file"):
        models.resolve("mine.keras", DType.INT8, tmp_path)
