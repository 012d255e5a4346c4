"""The training loop: whole data set in memory, many steps per call, resumable after any epoch."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import to_jsonable, write_atomically
from toolkit.data.samples import Samples
from toolkit.train.augment import changed
from toolkit.train.losses import LOSSES
from toolkit.train.recipe import Augmentation, InkChanges

_STEPS_PER_CALL = 50
_SAVE_SECONDS = 2.0  # between two checkpoints: a short epoch is done again faster than many are saved


@dataclass(frozen=True)
class Progress:
    """Where a training stands; given to the caller's callback after every call of 50 steps.

    Attributes:
        phase: "train" or "polish"; before them "trial" and "trial polish".
        epoch: that is under way, from 1; epochs: of this phase.
        fraction: of this epoch, 0 to 1.
        loss: mean of this epoch so far.
        validation: accuracy on the validation images after the last whole epoch; None before the first.
    """

    phase: str
    epoch: int
    epochs: int
    fraction: float
    loss: float
    validation: float | None


@dataclass(frozen=True)
class EpochRecord:
    """One line of the history: losses and accuracies are means over the epoch, 0 to 1; seconds of wall clock."""

    phase: str
    epoch: int
    learning_rate: float
    loss: float
    accuracy: float
    validation: float | None
    seconds: float


@dataclass(frozen=True)
class Phase:
    """What one run of the loop does; see Recipe for the fields."""

    name: str
    epochs: int
    batch_size: int
    learning_rate: float
    warmup_epochs: int = 0
    cosine: bool = False
    augmentation: Augmentation | InkChanges | None = None
    decay: float = 1.0
    loss: str = "cross_entropy"

    def rate(self, step: int, steps_per_epoch: int) -> float:
        """Adam's rate at a step, from 0: warm-up in a straight line, then half a cosine to 0; or decaying by epoch."""
        if not self.cosine:
            return self.learning_rate * self.decay ** (step // steps_per_epoch)
        warmup, total = self.warmup_epochs * steps_per_epoch, self.epochs * steps_per_epoch
        if step < warmup:
            return self.learning_rate * (step + 1) / warmup
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def as_input(model: Any, data: Samples) -> npt.NDArray[np.float32]:
    """The samples' real values in the shape that a Keras model takes, float32 [N, ...]."""
    return data.real().reshape(len(data), *model.input_shape[1:])


def accuracy(model: Any, data: Samples) -> float:
    """The fraction of samples whose largest output is the label's."""
    if len(data) == 0:
        return 0.0
    right = 0
    for start in range(0, len(data), 1000):
        part = data.part(start, start + 1000)
        outputs = model(as_input(model, part), training=False)
        right += int(np.sum(np.argmax(outputs, -1) == part.labels))
    return right / len(data)


class Fit:
    """One phase of a training; `run` goes on from the checkpoint if there is one of the same phase and seed.

    `before_epoch` is called with each epoch's place from 0, `after_step` is traced into the graph after each update.

    Invariant: the checkpoint holds all variables of model and optimiser after some whole epoch, and the random
    numbers of an epoch depend on seed and epoch alone, so that a resumed training equals an unbroken one.
    """

    def __init__(
        self,
        model: Any,
        data: Samples,
        phase: Phase,
        seed: int,
        *,
        validation: Samples | None = None,
        checkpoint: Path | None = None,
        progress: Callable[[Progress], None] | None = None,
        before_epoch: Callable[[int], None] = lambda _: None,
        after_step: Callable[[], None] = lambda: None,
    ) -> None:
        import keras

        self.model = model
        self.phase = phase
        self.seed = seed
        self.data = data
        self.validation = validation
        self.checkpoint = checkpoint
        self.loss = LOSSES[phase.loss]
        self.progress = progress or (lambda _: None)
        self.before_epoch = before_epoch
        self.after_step = after_step
        self.optimizer = keras.optimizers.Adam(phase.learning_rate, epsilon=1e-7)
        self.optimizer.build(model.trainable_variables)
        self.history: list[EpochRecord] = []
        self.steps = len(data) // phase.batch_size
        self._saved = 0.0
        self._call = self._compile()

    def _compile(self) -> Any:
        import tensorflow as tf

        elements = tf.constant(self.data.values)  # as they are stored: a quarter of the memory of real values
        labels = tf.constant(self.data.labels.astype(np.int32))
        scale = self.data.scaling
        shape = (self.phase.batch_size, *self.model.input_shape[1:])
        batch, model, bounds = self.phase.batch_size, self.model, self.phase.augmentation

        @tf.function  # type: ignore[untyped-decorator]  # TensorFlow is without types here
        def call(order: Any, rates: Any, seeds: Any) -> Any:
            loss_sum, right = tf.constant(0.0), tf.constant(0)
            for step in tf.range(tf.shape(rates)[0]):
                index = tf.ensure_shape(order[step], (batch,))
                chosen = tf.reshape(tf.cast(tf.gather(elements, index), tf.float32), shape)
                if scale is not None:
                    chosen = chosen / scale.divisor + scale.offset
                truth = tf.gather(labels, index)
                if bounds is not None:
                    chosen = tf.ensure_shape(changed(chosen, bounds, seeds[step]), shape)
                with tf.GradientTape() as tape:
                    outputs = model(chosen, training=True)
                    loss = self.loss(truth, outputs)
                self.optimizer.learning_rate.assign(rates[step])
                variables = model.trainable_variables
                self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
                self.after_step()
                loss_sum += loss
                right += tf.reduce_sum(tf.cast(tf.argmax(outputs, -1, tf.int32) == truth, tf.int32))
            return loss_sum, right

        return call

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.optimizer.variables]

    def _key(self) -> str:
        """What a checkpoint must agree in; the length of the phase too, unless the rate does not depend on it."""
        phase = self.phase if self.phase.cosine else dataclasses.replace(self.phase, epochs=0)
        return json.dumps([to_jsonable(phase), self.seed, self.data.name, len(self.data)])

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        held: dict[str, Any] = {f"v{place}": np.asarray(each) for place, each in enumerate(self._variables())}
        records = json.dumps([dataclasses.asdict(record) for record in self.history])
        buffer = io.BytesIO()
        np.savez(buffer, key=np.array(self._key()), history=np.array(records), **held)
        write_atomically(self.checkpoint, buffer.getvalue())
        self._saved = time.monotonic()

    def _restore(self) -> None:
        if self.checkpoint is None or not self.checkpoint.is_file():
            return
        try:
            with np.load(io.BytesIO(self.checkpoint.read_bytes()), allow_pickle=False) as held:
                if str(held["key"]) != self._key():
                    return
                variables = self._variables()
                values = [held[f"v{place}"] for place in range(len(variables))]
                records = [EpochRecord(**record) for record in json.loads(str(held["history"]))]
                if len(records) > self.phase.epochs:
                    return  # of a longer training: its state at this epoch is gone
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return  # a checkpoint of another version or a damaged one: train from the start
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        self.history = records

    def run(self) -> list[EpochRecord]:
        """Train to the end of the phase and return its history."""
        self._restore()
        for epoch in range(len(self.history), self.phase.epochs):
            self.before_epoch(epoch)
            self._epoch(epoch)
            if time.monotonic() - self._saved > _SAVE_SECONDS or epoch + 1 == self.phase.epochs:
                self._save()
        return self.history

    def _epoch(self, epoch: int) -> None:
        started = time.monotonic()
        batch, steps = self.phase.batch_size, self.steps
        random = np.random.default_rng((self.seed, epoch))
        order = random.permutation(len(self.data))[: steps * batch].reshape(steps, batch).astype(np.int32)
        seeds = random.integers(0, 2**31 - 1, (steps, 2), dtype=np.int32)
        rates = np.array([self.phase.rate(epoch * steps + step, steps) for step in range(steps)], np.float32)
        loss, right = 0.0, 0
        before = self.history[-1].validation if self.history else None
        for start in range(0, steps, _STEPS_PER_CALL):
            part = slice(start, start + _STEPS_PER_CALL)
            more_loss, more_right = self._call(order[part], rates[part], seeds[part])
            loss, right = loss + float(more_loss), right + int(more_right)
            done = min(start + _STEPS_PER_CALL, steps)
            self.progress(Progress(self.phase.name, epoch + 1, self.phase.epochs, done / steps, loss / done, before))
        valid = accuracy(self.model, self.validation) if self.validation is not None else None
        self.history.append(
            EpochRecord(
                self.phase.name,
                epoch + 1,
                float(rates[-1]),
                loss / steps,
                right / (steps * batch),
                valid,
                round(time.monotonic() - started, 2),
            )
        )
