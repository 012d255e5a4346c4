"""A network of the user's own, from a function in a file of theirs: built, trained with `keras.fit`, resumable."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import ElementType, TensorSpec, to_jsonable, write_atomically
from toolkit.data.samples import Samples
from toolkit.data.task import Kind
from toolkit.errors import TrainError, UsageError
from toolkit.quiet_tensorflow import load_tensorflow
from toolkit.train.loop import Phase, Progress
from toolkit.train.recipe import RECIPES, Recipe

Array = npt.NDArray[Any]

OWN = Recipe(name="own", epochs=60, batch_size=32, learning_rate=2e-3, warmup_epochs=2, cosine=True)
"""Adam with a warm-up, then half a cosine to 0: what trains most small networks without being tuned."""

HELD_OUT = 0.1
"""Of the samples, drawn at random with the seed: never trained on."""

_SAVE_SECONDS = 2.0
_SHORT = 20  # progress is told after so many batches


@dataclass(frozen=True)
class OwnEpoch:
    """One line of the history: means over the epoch; accuracies, 0 to 1, only where there are classes."""

    epoch: int
    learning_rate: float
    loss: float
    validation_loss: float | None
    accuracy: float | None
    validation: float | None
    seconds: float


@dataclass(frozen=True)
class OwnTrained:
    """A trained network of the user's; `Trained` says what the fields are.

    Attributes:
        trained_on, held_out: the samples, in a random order.
        told: how it was trained, in words.
    """

    model: Any
    validation: float | None
    training_images: int
    validation_images: int
    epochs: int
    seconds: float
    history: tuple[OwnEpoch, ...]
    trained_on: Samples
    held_out: Samples
    told: str


def recipe(name: str | None, epochs: int | None = None) -> Recipe:
    """The schedule of this recipe; `own` where none is named.

    Raises:
        TrainError: there is none of that name.
    """
    known = {OWN.name: OWN} | RECIPES
    if name is not None and name not in known:
        raise TrainError(f"there is no recipe {name!r}", f"known recipes: {', '.join(known)}")
    found = OWN if name is None else known[name]
    if epochs is None:
        return found
    return dataclasses.replace(found, epochs=epochs, warmup_epochs=min(found.warmup_epochs, epochs // 10))


def file_of(text: str) -> tuple[Path, str]:
    """The file and the function that "mymodel.py:build" names.

    Raises:
        UsageError: it names no function; TrainError: there is no such file.
    """
    file, _, name = text.rpartition(":")
    if not file or not name.isidentifier():
        raise UsageError(f"--keras {text} names no function", "a file and a function in it: --keras mymodel.py:build")
    path = Path(file).expanduser()
    if not path.is_file():
        raise TrainError(f"{path} is no file", "--keras mymodel.py:build")
    return path, name


def build(text: str, seed: int) -> Any:
    """The Keras model that the user's function returns, its weights drawn with the seed.

    Args:
        text: "mymodel.py:build"; the function takes nothing.

    Raises:
        UsageError, TrainError: the file, the function, or what it returns is none; where it fails, with the line.
    """
    path, name = file_of(text)
    load_tensorflow()
    import keras

    keras.utils.set_random_seed(seed)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise TrainError(f"{path} is no Python file", "--keras mymodel.py:build")
    module = importlib.util.module_from_spec(spec)
    sys.path.append(str(path.parent.resolve()))  # behind all others: what lies beside it may be called as a package is
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as caught:  # whatever is in a file of the user's
        raise _failed(path, caught) from caught
    function = getattr(module, name, None)
    if not callable(function):
        there = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
        there = [each for each in there if getattr(getattr(module, each), "__module__", "") == path.stem]
        raise TrainError(f"{path.name} has no function {name}", f"it has: {', '.join(there[:8]) or 'none'}")
    try:
        model = function()
    except (Exception, SystemExit) as caught:
        raise _failed(path, caught) from caught
    if not isinstance(model, keras.Model):
        raise TrainError(f"{name} in {path.name} returns {type(model).__name__}, no keras.Model", "return the model")
    return model


def _failed(path: Path, caught: BaseException) -> TrainError:
    """The line of the user's own file that failed, innermost."""
    if isinstance(caught, SystemExit) and caught.code in (129, 143):
        raise caught  # SIGHUP or SIGTERM ended us, not the file
    said = " ".join(str(caught).split())[:200]
    line = getattr(caught, "lineno", None) if isinstance(caught, SyntaxError) else None
    trace = caught.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).resolve() == path.resolve():
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"{path.name}, line {line}" if line else path.name
    return TrainError(f"{where}: {type(caught).__name__}: {said}", "the function must run by itself, without arguments")


def ends(model: Any, name: str) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """The model's inputs and outputs, with a batch of 1.

    Raises:
        TrainError: a shape is free behind the batch, or it has several outputs.
    """
    if not getattr(model, "inputs", None):
        raise TrainError(f"{name} has no input yet: nothing tells its shape", "begin with keras.Input(shape)")
    if len(model.outputs) != 1:
        raise TrainError(
            f"{name} has {len(model.outputs)} outputs; one is trained here", "train it in code of yours, then --model"
        )
    found = []
    for each in (*model.inputs, *model.outputs):
        shape = tuple(each.shape[1:])
        if None in shape:
            raise TrainError(f"{name}: {each.name} has the shape {tuple(each.shape)}", "fix all but the batch")
        found.append(TensorSpec(each.name, (1, *shape), ElementType.FLOAT32, 0.0, 0))
    return tuple(found[: len(model.inputs)]), tuple(found[len(model.inputs) :])


def real_inputs(data: Samples, specs: tuple[TensorSpec, ...]) -> tuple[Array, ...]:
    """By input: float32 [N, *sample]."""
    values = data.inputs if data.scaling is None else (data.real(),)
    return tuple(
        np.asarray(each, np.float32).reshape(len(data), *spec.sample) for each, spec in zip(values, specs, strict=True)
    )


def train(
    model: Any,
    name: str,
    how: Recipe,
    seed: int,
    data: Samples,
    *,
    checkpoint: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> OwnTrained:
    """Train a model of the user's on nine tenths of the samples.

    Args:
        model: compiled, and then its own optimiser, loss and rate stand, or not: Adam along the recipe's schedule, and
            the loss that suits the task.
        how: epochs, batch size and schedule are taken from it.
        data: the training set; of a reconstruction only the normal samples are used.
        checkpoint: file that keeps the state after an epoch; a training that was stopped goes on from it.

    Raises:
        TrainError: there is nothing to train with, or Keras refuses.
    """
    import keras
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    kind = data.task.kind
    inputs, outputs = ends(model, name)
    if kind is Kind.RECONSTRUCT and data.truth is not None:
        data = _chosen(data, np.flatnonzero(data.truth == 0))
    order = np.random.default_rng(seed).permutation(len(data))
    count = max(1, round(HELD_OUT * len(data)))
    if len(data) - count < 2:
        raise TrainError(f"{data.name} has {len(data)} samples to train with", "give it more")
    learnt, held = _chosen(data, order[count:]), _chosen(data, order[:count])
    sets = [(real_inputs(each, inputs), _truth(each, inputs, outputs[0], name)) for each in (learnt, held)]
    batch = min(how.batch_size, len(learnt))
    phase = Phase("train", how.epochs, batch, how.learning_rate, how.warmup_epochs, how.cosine, decay=how.decay)
    compiled = bool(model.compiled)
    if not compiled:
        metrics = ["accuracy"] if kind is Kind.CLASSIFY else []
        model.compile(keras.optimizers.Adam(how.learning_rate), _loss(model, kind, outputs[0]), metrics=metrics)
    fit = _Fit(model, phase, seed, sets[0], sets[1], scheduled=not compiled, checkpoint=checkpoint, progress=progress)
    try:
        history = fit.run(_key(data, phase, seed))
    except (ValueError, TypeError, tf.errors.OpError) as caught:
        raise TrainError(
            f"Keras cannot train {name}: {' '.join(str(caught).split())[:200]}", "fit it by hand"
        ) from caught
    told = "its own optimiser and loss" if compiled else f"Adam along the recipe {how.name}"
    return OwnTrained(
        model,
        history[-1].validation,
        len(learnt),
        len(held),
        len(history),
        round(sum(each.seconds for each in history), 1),
        tuple(history),
        learnt,
        held,
        f"{told}, {how.epochs} epochs, batches of {batch}",
    )


def _chosen(data: Samples, places: npt.NDArray[np.int64]) -> Samples:
    return dataclasses.replace(
        data,
        inputs=tuple(each[places] for each in data.inputs),
        truth=None if data.truth is None else data.truth[places],
        names=tuple(data.names[place] for place in places) if data.names else (),
    )


def _truth(data: Samples, inputs: tuple[TensorSpec, ...], output: TensorSpec, name: str) -> Array:
    kind = data.task.kind
    if kind is Kind.RECONSTRUCT:
        return real_inputs(data, inputs)[0].reshape(len(data), *output.sample)
    if data.truth is None:
        raise TrainError(f"{data.name} has no truth to train {name} with", "name it: --truth KEY")
    if kind is Kind.CLASSIFY:
        if len(output.sample) > 1:
            raise TrainError(f"{name} gives {list(output.sample)}, no list of classes", "end with Flatten and Dense")
        return np.asarray(data.truth, np.int64 if output.elements > 1 else np.float32).reshape(len(data), -1)
    return np.asarray(data.truth, np.float32).reshape(len(data), *output.sample)


def _loss(model: Any, kind: Kind, output: TensorSpec) -> Any:
    import keras

    if kind is not Kind.CLASSIFY:
        return keras.losses.MeanSquaredError()
    last = str(getattr(model.layers[-1], "activation", "")) + type(model.layers[-1]).__name__
    if output.elements == 1:
        return keras.losses.BinaryCrossentropy(from_logits="sigmoid" not in last.lower())
    return keras.losses.SparseCategoricalCrossentropy(from_logits="softmax" not in last.lower())


def _key(data: Samples, phase: Phase, seed: int) -> str:
    return hashlib.sha256(json.dumps([data.sha256(), to_jsonable(phase), seed]).encode()).hexdigest()


class _Fit:
    """`keras.fit`, an epoch at a time: what an epoch draws depends on seed and epoch alone, so that a training that is
    gone on with equals an unbroken one. The checkpoint holds all variables of model and optimiser."""

    def __init__(
        self,
        model: Any,
        phase: Phase,
        seed: int,
        learnt: tuple[tuple[Array, ...], Array],
        held: tuple[tuple[Array, ...], Array],
        *,
        scheduled: bool,
        checkpoint: Path | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.model, self.phase, self.seed = model, phase, seed
        self.learnt, self.held = learnt, held
        self.scheduled, self.checkpoint = scheduled, checkpoint
        self.progress = progress or (lambda _: None)
        self.steps = -(-len(learnt[1]) // phase.batch_size)
        self.history: list[OwnEpoch] = []
        model.optimizer.build(model.trainable_variables)

    def run(self, key: str) -> list[OwnEpoch]:
        """To the end of the phase."""
        self._restore(key)
        saved = time.monotonic()
        for epoch in range(len(self.history), self.phase.epochs):
            self.history.append(self._epoch(epoch))
            if time.monotonic() - saved > _SAVE_SECONDS or epoch + 1 == self.phase.epochs:
                self._save(key)
                saved = time.monotonic()
        return self.history

    def _epoch(self, epoch: int) -> OwnEpoch:
        import keras

        started = time.monotonic()
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.learnt[1]))
        before = self.history[-1].validation if self.history else None

        def begin(batch: int, logs: Any = None) -> None:  # noqa: ARG001 - Keras calls it so
            if self.scheduled:
                self.model.optimizer.learning_rate = self.phase.rate(epoch * self.steps + batch, self.steps)

        def end(batch: int, logs: Any = None) -> None:
            if batch % _SHORT == 0 or batch + 1 == self.steps:
                loss = float((logs or {}).get("loss", 0.0))
                done = (batch + 1) / self.steps
                self.progress(Progress(self.phase.name, epoch + 1, self.phase.epochs, done, loss, before))

        ended = self.model.fit(
            _given([each[order] for each in self.learnt[0]]),
            self.learnt[1][order],
            batch_size=self.phase.batch_size,
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
            validation_data=(_given(self.held[0]), self.held[1]),
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_begin=begin, on_train_batch_end=end)],
        ).history
        rate = float(np.asarray(self.model.optimizer.learning_rate))
        learnt, held = (next((ended[name][-1] for name in names if name in ended), None) for names in _ACCURACIES)
        return OwnEpoch(
            epoch + 1,
            rate,
            float(ended["loss"][-1]),
            float(ended["val_loss"][-1]) if "val_loss" in ended else None,
            None if learnt is None else float(learnt),
            None if held is None else float(held),
            round(time.monotonic() - started, 2),
        )

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _save(self, key: str) -> None:
        if self.checkpoint is None:
            return
        held: dict[str, Any] = {f"v{place}": np.asarray(each) for place, each in enumerate(self._variables())}
        records = json.dumps([dataclasses.asdict(record) for record in self.history])
        buffer = io.BytesIO()
        np.savez(buffer, key=np.array(key), history=np.array(records), **held)
        write_atomically(self.checkpoint, buffer.getvalue())

    def _restore(self, key: str) -> None:
        if self.checkpoint is None or not self.checkpoint.is_file():
            return
        variables = self._variables()
        try:
            with np.load(io.BytesIO(self.checkpoint.read_bytes()), allow_pickle=False) as held:
                values = [held[f"v{place}"] for place in range(len(variables))]
                same = str(held["key"]) == key and f"v{len(variables)}" not in held
                records = [OwnEpoch(**record) for record in json.loads(str(held["history"]))]
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return  # of another network, or damaged: train from the start
        if not same or [tuple(each.shape) for each in variables] != [each.shape for each in values]:
            return
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        self.history = records


def _given(arrays: Sequence[Array]) -> Any:
    """As Keras has it: one array, or a list."""
    return arrays[0] if len(arrays) == 1 else list(arrays)


_NAMES = ("accuracy", "acc", "sparse_categorical_accuracy", "binary_accuracy")
_ACCURACIES = (_NAMES, tuple(f"val_{name}" for name in _NAMES))
