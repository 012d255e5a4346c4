"""Networks as Keras has them in the place of a `.tflite`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.convert import networks
from toolkit import convert, reference
from toolkit.artifacts import DType
from toolkit.convert import job, keras, saved_model
from toolkit.convert.network import fixed
from toolkit.errors import DatasetError, ModelError, UsageError
from toolkit.models import conversion
from toolkit.quiet_tensorflow import load_tensorflow
from toolkit.selection import EVERYTHING, Selection
from toolkit.tflite.ends import ends_of

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, when it saves


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """net.keras, net.h5, saved/ and waves.npz."""
    place = tmp_path_factory.mktemp("networks")
    model = networks.small()
    model.save(place / "net.keras")
    model.save(place / "net.h5")
    model.export(place / "saved", verbose=False)
    networks.data(place)
    return place


def _outputs(tflite: bytes, x: np.ndarray) -> np.ndarray:
    return reference.dequantise(tflite, reference.expected_outputs(tflite, reference.quantise(tflite, x)))


def test_a_format_is_told_by_its_bytes(folder: Path, tmp_path: Path) -> None:
    for name, by in (("net.keras", "keras"), ("net.h5", "keras"), ("saved", "saved_model")):
        found = convert.finder(folder / name)
        assert found is not None
        assert found[0] == by
    (tmp_path / "other.keras").write_bytes((folder / "net.keras").read_bytes())
    (tmp_path / "no_network.keras").write_bytes(b"PK, but no archive")
    assert convert.finder(tmp_path / "other.keras") is not None
    for name in ("no_network.keras", "missing.keras", ""):
        assert convert.finder(tmp_path / name) is None


def test_keras_to_int8_with_samples_and_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Selection(data=folder / "waves.npz")
    made = conversion.converted(folder / "net.keras", DType.INT8, asked, tmp_path)
    assert made.name == "net"
    assert "calibrated with all 60 samples of waves.npz" in made.changes[0]
    assert "its free batch fixed at 1" in made.changes
    int8, float32 = made.path.read_bytes(), made.float32.read_bytes()
    assert ends_of(int8).input.dtype == "int8"
    x, _ = networks.waves(20, seed=2)
    np.testing.assert_allclose(_outputs(float32, x), networks.small()(x), atol=1e-5)
    np.testing.assert_allclose(_outputs(int8, x), _outputs(float32, x), atol=0.05)
    low, high = (ends_of(int8).input.scale * (end - ends_of(int8).input.zero_point) for end in (-128, 127))
    data, _ = networks.waves(60)
    np.testing.assert_allclose((low, high), (data.min(), data.max()), atol=0.02)

    monkeypatch.setattr(job, "run", None)  # a second time nothing is converted
    assert conversion.converted(folder / "net.keras", DType.INT8, asked, tmp_path) == made
    assert conversion.converted(folder / "net.keras", DType.FLOAT32, EVERYTHING, tmp_path).path == made.float32
    made.path.write_bytes(int8 + b"\0")
    with pytest.raises(TypeError):  # but what another hand was at is made again
        conversion.converted(folder / "net.keras", DType.INT8, asked, tmp_path)


def test_keras_hdf5_and_saved_model_are_one_network(folder: Path) -> None:
    x, _ = networks.waves(8)
    first, second, third = (
        module.load(folder / name).make(DType.FLOAT32, (), False)
        for module, name in ((keras, "net.keras"), (keras, "net.h5"), (saved_model, "saved"))
    )
    np.testing.assert_array_equal(_outputs(first, x), _outputs(second, x))
    np.testing.assert_allclose(_outputs(first, x), _outputs(third, x), atol=1e-6)
    int8 = saved_model.load(folder / "saved").make(DType.INT8, (x,), False)
    np.testing.assert_allclose(_outputs(int8, x), _outputs(first, x), atol=0.05)


def test_several_inputs_keep_their_samples(tmp_path: Path) -> None:
    load_tensorflow()
    import keras as framework
    from keras import layers

    wide, narrow = framework.Input((5,), name="wide"), framework.Input((3,), name="narrow")
    joined = layers.Concatenate()([layers.Dense(2)(wide), layers.Dense(2)(narrow)])
    network = keras.of(framework.Model([wide, narrow], layers.Dense(2)(joined)), "two.keras")
    ends = ends_of(network.make(DType.FLOAT32, (), False))
    sizes = [spec.elements for spec in ends.inputs]
    assert sorted(sizes) == [3, 5]
    samples = {5: np.full((4, 5), 2, np.float32), 3: np.full((4, 3), 40, np.float32)}
    int8 = ends_of(network.make(DType.INT8, tuple(samples[size] for size in sizes), False))
    assert [spec.elements for spec in int8.inputs] == sizes
    for spec in int8.inputs:
        assert spec.scale * (127 - spec.zero_point) == pytest.approx(samples[spec.elements][0, 0], rel=0.02)


def test_what_is_only_in_the_users_code_is_named(tmp_path: Path) -> None:
    load_tensorflow()
    import keras as framework
    from keras import layers

    class Doubled(layers.Layer):  # type: ignore[misc]
        def call(self, given: Any) -> Any:
            return 2 * given

    for name in ("own.keras", "own.h5"):
        networks.small(Doubled()).save(tmp_path / name)
        with pytest.raises(ModelError, match=r"has Doubled, which is no layer or function of Keras' own") as caught:
            keras.load(tmp_path / name)
        assert "model.export" in caught.value.hint
    networks.small(layers.Lambda(lambda given: given * 2)).save(tmp_path / "code.keras")
    with pytest.raises(ModelError, match="a Lambda layer: Python code, which is not run out of a file"):
        keras.load(tmp_path / "code.keras")
    with pytest.warns(UserWarning, match="not yet been built"):
        framework.Sequential([layers.Dense(2)]).save(tmp_path / "unbuilt.keras")
    with pytest.raises(ModelError, match="has no input yet"):
        keras.load(tmp_path / "unbuilt.keras")
    cut = (tmp_path / "own.h5").read_bytes()[:4000]
    (tmp_path / "cut.h5").write_bytes(cut)
    with pytest.raises(ModelError, match=r"cut\.h5 cannot be loaded: ") as caught:
        keras.load(tmp_path / "cut.h5")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("shape", "said"),
    [((None, None, 8), r"\(\?, \?, 8\)"), ((), r"\(\)"), ((32, 8), "a batch of 32")],
)
def test_a_shape_that_no_firmware_has(shape: tuple[int | None, ...], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        fixed(shape, "net.keras", "x")


def test_data_of_another_shape_are_one_line(folder: Path, tmp_path: Path) -> None:
    """Told by the child process that converts."""
    np.savez(tmp_path / "other.npz", x=np.zeros((9, 7), np.float32))
    with pytest.raises(DatasetError, match=r"other\.npz.*7.*16 x 2"):
        conversion.converted(folder / "net.keras", DType.INT8, Selection(data=tmp_path / "other.npz"), tmp_path)


def test_without_data_nothing_is_loaded(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "run", None)
    with pytest.raises(UsageError, match=r"net\.keras is converted to int8, which needs data") as caught:
        conversion.converted(folder / "net.keras", DType.INT8, EVERYTHING, tmp_path)
    assert "--dtype float32" in caught.value.hint
    with pytest.raises(DatasetError, match=r"gone\.npz cannot be read"):
        conversion.converted(folder / "net.keras", DType.INT8, Selection(data=tmp_path / "gone.npz"), tmp_path)


def test_a_child_that_dies_is_one_line(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ModelError, match=r"the converter dies of net\.keras"):
        job.run(folder / "net.keras", DType.FLOAT32, EVERYTHING, tmp_path)


def test_data_for_nothing_are_refused(tmp_path: Path) -> None:
    done = tinyml("build", "--board", "host", "--data", "x.npz", "-C", str(tmp_path))
    assert done.returncode == 2
    assert "--data is for a conversion to int8, and proposed is no network that is converted" in done.stderr
