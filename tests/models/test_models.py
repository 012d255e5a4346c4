import json
import shutil
from pathlib import Path

import pytest

from toolkit import models, resources, zoo
from toolkit.artifacts import DType, ModelCard, sha256_of
from toolkit.data import load_external
from toolkit.errors import ModelError
from toolkit.models import store

SHIPPED = resources.models() / "proposed"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, models.workspace_folder(tmp_path, "proposed"))
    return tmp_path


@pytest.mark.parametrize("dtype", DType)
def test_a_shipped_model(tmp_path: Path, dtype: DType) -> None:
    found = models.resolve("proposed", dtype, tmp_path)
    assert found.path == (SHIPPED / f"proposed_{dtype}.tflite").resolve()
    assert found.sha256 == sha256_of(found.path.read_bytes())
    assert (found.dtype, found.size_bytes) == (dtype, found.path.stat().st_size)


def test_the_workspaces_own_model_comes_first(workspace: Path) -> None:
    assert models.resolve("proposed", DType.INT8, workspace).path.is_relative_to(workspace)
    per_tensor = models.resolve("proposed", DType.INT8, workspace, per_tensor=True)
    assert per_tensor.path.name == "proposed_int8_per_tensor.tflite"


def test_a_path(workspace: Path) -> None:
    path = models.workspace_folder(workspace, "proposed") / "proposed_int8.tflite"
    found = models.resolve(str(path), DType.INT8, workspace)
    assert (found.name, found.path) == ("proposed_int8", path.resolve())
    with pytest.raises(ModelError, match="takes int8, not float32") as caught:
        models.resolve(str(path), DType.FLOAT32, workspace)
    assert caught.value.hint == "--dtype int8"


def test_a_network_of_the_zoo_that_is_not_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "models", lambda: tmp_path / "none")
    with pytest.raises(ModelError, match="initial is not trained yet") as caught:
        models.resolve("initial", DType.INT8, tmp_path)
    assert caught.value.hint == "tinyml train initial"


def test_an_unknown_name_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        models.resolve("resnet", DType.INT8, tmp_path)
    assert "proposed" in caught.value.hint
    with pytest.raises(ModelError, match="cannot be read"):
        models.resolve(str(tmp_path / "x.tflite"), DType.INT8, tmp_path)
    (tmp_path / "x.tflite").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"x\.tflite is a text, no TensorFlow Lite model"):
        models.resolve(str(tmp_path / "x.tflite"), DType.INT8, tmp_path)


def test_a_changed_file_is_not_used(workspace: Path) -> None:
    path = models.workspace_folder(workspace, "proposed") / "proposed_int8.tflite"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="not the file that its card tells of"):
        models.resolve("proposed", DType.INT8, workspace)


def test_a_model_without_an_int8_file(workspace: Path) -> None:
    card = models.workspace_folder(workspace, "proposed") / models.CARD
    table = json.loads(card.read_text())
    del table["files"]["proposed_int8.tflite"]
    card.write_text(json.dumps(table))
    with pytest.raises(ModelError, match="proposed has no int8 file"):
        models.resolve("proposed", DType.INT8, workspace)


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in resources.models().glob("*/card.json")), ids=lambda p: p.name
)
def test_every_shipped_card_tells_of_its_files(folder: Path) -> None:
    card = ModelCard.load(folder / models.CARD)
    assert card.name == folder.name
    assert {path.name for path in folder.iterdir()} == {*card.files, models.CARD, "card.md"}
    for name, digest in card.files.items():
        data = (folder / name).read_bytes()
        assert sha256_of(data) == digest
        assert card.sizes[name] == len(data)


def test_stored_lists_the_zoos_models_first(workspace: Path) -> None:
    mine = models.workspace_folder(workspace, "mine")
    shutil.copytree(SHIPPED, mine)
    names = [each.folder.name for each in models.stored(workspace)]
    assert names[0] == "proposed"
    assert names[-1] == "mine"
    assert not models.stored(workspace)[0].shipped


@pytest.mark.parametrize("folder", sorted(resources.models().glob("*/card.json")), ids=lambda path: path.parent.name)
def test_every_shipped_model_is_what_its_card_says(folder: Path) -> None:
    card = ModelCard.load(folder)
    assert card.name == folder.parent.name
    assert card.params == zoo.get(card.architecture).params
    assert {path.name for path in folder.parent.iterdir()} == {*card.files, "card.json", "card.md"}
    for name, digest in card.files.items():
        assert sha256_of((folder.parent / name).read_bytes()) == digest, name
    external = load_external()
    for dtype in DType:
        kept = card.accuracy.get(f"external_{dtype}")
        if kept is not None:
            assert store.score((folder.parent / f"{card.name}_{dtype}.tflite").read_bytes(), external) == kept
