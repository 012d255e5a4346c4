"""TensorFlow's own pruning and quantisation toolkit on the paper's networks: what the paper's authors met.

It needs `tensorflow-model-optimization` and Keras 2 (`tf-keras`), the extra `tfmot`, and TF_USE_LEGACY_KERAS=1 in the
environment before TensorFlow is loaded. The settings are those of the toolkit's own guides, "Pruning in Keras example"
and "Quantization aware training in Keras example", as anyone who tries it takes them; and a longer training.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit import resources, zoo
from toolkit.artifacts import Artifact
from toolkit.data.samples import Samples
from toolkit.errors import TinymlError
from toolkit.models import store
from toolkit.paper import compression, records, study
from toolkit.paper.records import Record, TrainingRun
from toolkit.train.loop import as_input

RECORD = "tfmot.json"
"""In the run's folder."""

_FIRST_SPARSITY, _LAST_SPARSITY = 0.5, 0.8  # of the guide to pruning
_PRUNING_BATCH, _PRUNING_EPOCHS = 128, 2
_AWARE_BATCH, _AWARE_EPOCHS, _AWARE_IMAGES = 500, 1, 1000  # of the guide to quantisation-aware training
_LONG_EPOCHS = 10


@dataclass(frozen=True)
class Step(Artifact):
    """One network after one step.

    Attributes:
        step: what was done.
        parameters: all that the Keras model holds, masks and bookkeeping too.
        saved_bytes: of the model saved as .h5, without the optimiser.
        tflite_bytes: of the `.tflite` as the converter gives it.
        zipped_bytes: of the same under zlib.
        accuracy: of the `.tflite` on the test images, by LiteRT, 0 to 1.
    """

    step: str
    parameters: int
    saved_bytes: int
    tflite_bytes: int
    zipped_bytes: int
    accuracy: float


@dataclass(frozen=True)
class ToolkitResult(Record):
    """TensorFlow's toolkit on one trained network of the tables."""

    steps: tuple[Step, ...]
    versions: dict[str, str]


def results_file() -> Path:
    """The data file that ships with the package."""
    return resources.models() / "tfmot_results.json"


def runs() -> tuple[TrainingRun, ...]:
    """The first seed of each network that our own study compresses."""
    first = {run.model: run for run in reversed(compression.runs())}
    return tuple(first[model] for model in compression.MODELS)


def load_results(path: Path | None = None) -> dict[str, ToolkitResult]:
    """All results of the data file by the key of their run; none if there is no file."""
    return records.load(ToolkitResult, path or results_file())


def collect(workspace: Path) -> dict[str, ToolkitResult]:
    """The results in a workspace's run folders."""
    return records.collect(ToolkitResult, workspace, RECORD)


def complete(
    wanted: Iterable[TrainingRun], workspace: Path, *, known: dict[str, ToolkitResult], data: Path | None = None
) -> dict[str, ToolkitResult]:
    """TensorFlow's toolkit on the network of each run, unless it is known; each must be trained.

    Args:
        wanted: in the order in which they are to be done.
        workspace: that holds the runs' folders.
        known: results that need not be done again.
        data: a folder of the user's own with MNIST.

    Raises:
        TinymlError: a network is not trained, or the toolkit is not installed.
    """
    done = {}
    for run in wanted:
        folder = records.run_folder(workspace, run)
        if run.key in known:
            done[run.key] = known[run.key]
            continue
        weights = store.read_weights(folder)
        sets = study.load_sets(run.data, data)
        done[run.key] = optimise(run, weights, sets.train, sets.test)
        done[run.key].save(folder / RECORD)
    return done


def optimise(run: TrainingRun, weights: list[npt.NDArray[np.float32]], train: Samples, test: Samples) -> ToolkitResult:
    """Prune and quantise one trained network with TensorFlow's toolkit.

    Args:
        run: that trained it; names the network and the seed.
        weights: in the order of the zoo's Keras model.
        train: for the further training.
        test: to score on.

    Raises:
        TinymlError: the toolkit is not installed, or TensorFlow does not use Keras 2.
    """
    mot, keras = _toolkit()
    import importlib.metadata

    inputs, labels = as_input(zoo.get(run.model).build(), train), train.labels.astype(np.int32)

    def fresh() -> Any:
        keras.utils.set_random_seed(run.seed)
        model = same_stack(keras, zoo.get(run.model).build())
        model.set_weights(weights)
        return model

    def fit(model: Any, batch: int, epochs: int, count: int, callbacks: Iterable[Any] = ()) -> None:
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
        held_out = 0.1  # as the guides do
        model.fit(
            inputs[:count],
            labels[:count],
            batch_size=batch,
            epochs=epochs,
            validation_split=held_out,
            callbacks=list(callbacks),
            verbose=0,
        )

    steps = [_step("as trained", keras, fresh(), test), _step("dynamic range", keras, fresh(), test, optimise=True)]
    for epochs in (_PRUNING_EPOCHS, _LONG_EPOCHS):
        step_count = int(np.ceil(len(inputs) * 0.9 / _PRUNING_BATCH)) * epochs
        schedule = mot.sparsity.keras.PolynomialDecay(_FIRST_SPARSITY, _LAST_SPARSITY, 0, step_count)
        pruned = mot.sparsity.keras.prune_low_magnitude(fresh(), pruning_schedule=schedule)
        fit(pruned, _PRUNING_BATCH, epochs, len(inputs), [mot.sparsity.keras.UpdatePruningStep()])
        name = f"pruned 80 %, {epochs} epochs"
        steps.append(_step(f"{name}, wrappers left in", keras, pruned, test))
        stripped = mot.sparsity.keras.strip_pruning(pruned)
        steps.append(_step(f"{name}, stripped", keras, stripped, test))
        steps.append(_step(f"{name}, stripped, dynamic range", keras, stripped, test, optimise=True))
    for batch, epochs, count in (
        (_AWARE_BATCH, _AWARE_EPOCHS, _AWARE_IMAGES),
        (_PRUNING_BATCH, _LONG_EPOCHS, len(inputs)),
    ):
        try:
            aware = mot.quantization.keras.quantize_model(fresh())
        except RuntimeError as caught:  # it knows only some layers
            raise TinymlError(f"the toolkit cannot quantise {run.model}: {caught}", "try another model") from caught
        fit(aware, batch, epochs, count)
        steps.append(
            _step(f"quantisation-aware, {epochs} epochs on {count:,} images", keras, aware, test, optimise=True)
        )
    packages = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy")
    return ToolkitResult(run, tuple(steps), {name: importlib.metadata.version(name) for name in packages})


def _toolkit() -> tuple[Any, Any]:
    try:
        import tensorflow_model_optimization as mot
        import tf_keras as keras
    except ImportError as caught:
        raise TinymlError(
            f"TensorFlow's optimisation toolkit cannot be loaded: {caught}",
            'pip install "tinyml-toolkit[tfmot]", in an environment of its own',
        ) from caught
    import tensorflow as tf

    if tf.keras.Sequential is not keras.Sequential:
        raise TinymlError("TensorFlow uses Keras 3; its toolkit knows Keras 2 only", "set TF_USE_LEGACY_KERAS=1")
    return mot, keras


def same_stack(keras: Any, model: Any) -> Any:
    """The same stack of layers in Keras 2, untrained."""
    layers = [keras.Input(model.input_shape[1:])]
    for layer in model.layers:
        kind = type(layer).__name__
        config = layer.get_config()
        if kind == "LeakyReLU":
            layers.append(keras.layers.LeakyReLU(alpha=config["negative_slope"]))
        elif kind == "Conv2D":
            layers.append(
                keras.layers.Conv2D(config["filters"], config["kernel_size"], activation=config["activation"])
            )
        elif kind == "Dense":
            layers.append(keras.layers.Dense(config["units"], activation=config["activation"]))
        elif kind == "MaxPooling2D":
            layers.append(keras.layers.MaxPooling2D(config["pool_size"]))
        elif kind == "Flatten":
            layers.append(keras.layers.Flatten())
        else:
            raise TinymlError(f"{model.name} has a layer {kind}", "choose a plain stack of layers")
    return keras.Sequential(layers)


def _step(name: str, keras: Any, model: Any, test: Samples, *, optimise: bool = False) -> Step:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if optimise:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    tflite = bytes(converter.convert())
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.h5"
        keras.models.save_model(model, saved, include_optimizer=False, save_format="h5")
        saved_bytes = saved.stat().st_size
    score = store.score(tflite, test, interpreter="ai_edge_litert")
    return Step(
        step=name,
        parameters=int(model.count_params()),
        saved_bytes=saved_bytes,
        tflite_bytes=len(tflite),
        zipped_bytes=len(zlib.compress(tflite, 9)),
        accuracy=score.correct / score.total,
    )
