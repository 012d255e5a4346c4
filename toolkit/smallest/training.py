"""One training: from weights drawn by a seed, or another run's, to averaged weights and their held-out score."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import write_atomically
from toolkit.errors import TrainError
from toolkit.smallest import native, prune, records
from toolkit.smallest.data import REAL, Images, Sets
from toolkit.smallest.recipe import Recipe, Run
from toolkit.zoo.topology import Kind, Topology, parse

Floats = npt.NDArray[np.float32]
BLOCKS = 4
STATISTICS_IMAGES = 8192
SAVE_SECONDS = 20.0
# A scale stays above it: the pool stands in front of the normalisation, which is the same only while it rises.
LEAST_SCALE = 1e-3


@dataclass(frozen=True)
class Weights:
    """A trained network: its parameters, and the normalisations' statistics as `Network.collect` gives them."""

    topology: Topology
    parameters: Floats
    statistics: Floats


@dataclass(frozen=True)
class Score:
    """Accuracy and mean cross-entropy on some images."""

    accuracy: float
    loss: float


Progress = Callable[[Run, int, float], None]
"""Told after each epoch: the run, epochs done, the mean loss."""


def drawn(topology: Topology, seed: int) -> Floats:
    """Starting weights: normal, deviation sqrt(gain / fan in); gain 2 before a rectifier (He et al., 2015), else 1."""
    rng = np.random.default_rng([seed, 1])
    parameters = np.zeros(topology.trained, np.float32)
    for place, slot in enumerate(topology.slots):
        if slot.fan_in:
            layer = next(each for each in topology.layers if each.weights == place)
            plain = layer.kind is Kind.DEPTHWISE or layer is topology.layers[-1]
            values = rng.normal(0.0, np.sqrt((1.0 if plain else 2.0) / slot.fan_in), slot.size)
        else:
            values = np.full(slot.size, slot.start)
        parameters[slot.offset : slot.offset + slot.size] = values
    return parameters


def state_of(topology: Topology, parameters: Floats, recipe: Recipe) -> native.State:
    """What the optimiser begins with."""
    decay = np.zeros(topology.trained, np.float32)
    least = np.full(topology.trained, -np.inf, np.float32)
    scales = {layer.scale for layer in topology.layers}
    for place, slot in enumerate(topology.slots):
        part = slice(slot.offset, slot.offset + slot.size)
        if slot.fan_in:
            decay[part] = recipe.decay
        elif place in scales:
            least[part] = LEAST_SCALE
    return native.State(parameters, decay, np.maximum(least, np.float32(-1e30)))


def int8_steps(topology: Topology, parameters: Floats) -> Floats:
    """Of each weight, the step of its int8 grid: the largest of its output channel is 127 of them; 0 for all else."""
    steps = np.zeros(topology.trained, np.float32)
    for slot in topology.slots:
        if slot.fan_in:
            part = slice(slot.offset, slot.offset + slot.size)
            largest = np.abs(parameters[part].reshape(slot.shape[0], -1)).max(axis=1) / 127
            steps[part] = np.repeat(largest, slot.size // slot.shape[0])
    return steps


def score(network: native.Network, weights: Weights, images: Images) -> Score:
    """Of the network as it will be finished, in float32."""
    network.set_statistics(weights.statistics)
    scores = network.run(weights.parameters, REAL, images.pixels)
    right = scores.argmax(axis=1) == images.labels
    return Score(float(np.mean(right)), prune.cross_entropy(scores, images.labels))


class Training:
    """One run, epoch by epoch; goes on from its checkpoint.

    Invariant: what an epoch does depends on the state before it, the run and the epoch's number alone.
    """

    def __init__(self, run: Run, sets: Sets, folder: Path, start: Weights | None = None) -> None:
        """`folder`: of the study; checkpoints lie in it.

        `start`: the weights that `run.start` names, this network's or a wider one's, which is pruned to it.
        """
        self.run, self.sets, self.folder = run, sets.upright() if run.recipe.upright else sets, folder
        self.topology = parse(run.words, run.slope)
        if (start is None) != (not run.start):
            raise TrainError(f"{run.words}: the weights to start with are not this network's")
        self._trained = self.topology  # whose parameters are trained: it, or the wider one that it is inside of
        self._inner = self._inside(start)
        self._path = folder / "checkpoints" / f"{records.identity(run)}.npz"
        held = self._held()
        if start is not None and start.topology != self.topology:
            if run.recipe.frozen:
                raise TrainError(f"{run.words}: frozen statistics are of its own weights, not of a wider network's")
            if held is None:
                cut = prune.pruned(start.topology, start.parameters, self.topology, self.sets.train)
            else:
                cut = np.zeros(self.topology.trained, np.float32)  # the checkpoint has what came of it
            start = Weights(self.topology, cut, start.statistics)
        if run.recipe.frozen and start is None:
            raise TrainError(f"{run.words}: frozen statistics are those of a run to start from, and there is none")
        self.network = native.Network(self._trained, BLOCKS)
        self.statistics = start.statistics if start is not None and run.recipe.frozen else None
        first = start.parameters if start is not None else drawn(self._trained, run.seed)
        self.state = state_of(self._trained, first, run.recipe)
        self.epoch, self.loss, self.seconds = 0, float("nan"), 0.0
        self._saved = time.monotonic()
        if held is not None:
            self._restore(*held)

    def _inside(self, start: Weights | None) -> native.Inner | None:
        """What trains it inside a wider network, which becomes the one whose parameters are trained."""
        run = self.run
        if not run.inside:
            if run.recipe.outer:
                raise TrainError(f"{run.words}: outer is for a run inside a wider network")
            return None
        if start is not None or run.recipe.sharpness or run.recipe.rounding or not run.recipe.outer:
            raise TrainError(
                f"{run.words}: inside a wider network a run starts from drawn weights, takes plain steps, needs outer"
            )
        self._trained = parse(run.inside, run.slope)
        places = prune.inside(self._trained, self.topology)
        return native.Inner(native.Network(self.topology, BLOCKS), places, run.recipe.outer)

    def step(self) -> None:
        """The next epoch; where it is interrupted, all is as it was before it."""
        before = copy.deepcopy(self.state), self.epoch, self.loss, self.seconds
        try:
            self._epoch()
        except BaseException:
            # C changes the weights in place, and a signal is answered when C returns: what was done would count twice.
            self.state, self.epoch, self.loss, self.seconds = before
            raise
        if time.monotonic() - self._saved > SAVE_SECONDS:
            self.save()

    def _epoch(self) -> None:
        began = time.monotonic()
        recipe, train = self.run.recipe, self.sets.train
        order = np.random.default_rng([self.run.seed, 2, self.epoch]).permutation(len(train.labels)).astype(np.int32)
        pixels = self.sets.copy(recipe, recipe.copy_of(self.epoch))
        steps = len(order) // (self.network.images * recipe.batches)
        if self.statistics is not None:
            self.network.set_statistics(self.statistics)
        self.state.grid = int8_steps(self._trained, self.state.parameters) if recipe.rounding else None
        self.loss = self.network.epoch(
            self.state,
            np.ascontiguousarray(pixels),
            train.labels,
            order,
            recipe.rates(self.epoch, steps),
            REAL,
            accumulate=recipe.batches,
            betas=(recipe.beta1, recipe.beta2),
            averaging=recipe.averaging,
            smoothing=recipe.smoothing,
            sharpness=recipe.sharpness,
            forgiving=recipe.forgiving,
            frozen=bool(recipe.frozen),
            inner=self._inner,
        )
        self.epoch += 1
        self.seconds += time.monotonic() - began

    def weights(self) -> Weights:
        """The averaged weights, their statistics taken from unchanged training images."""
        averaged = self.state.averaged.copy()
        if self.statistics is not None:
            return Weights(self.topology, averaged, self.statistics)
        network = self.network
        if self._inner is not None:
            network, averaged = self._inner.network, averaged[self._inner.places]
        statistics = network.collect(averaged, REAL, self.sets.train.pixels[:STATISTICS_IMAGES])
        return Weights(self.topology, averaged, statistics)

    def save(self) -> None:
        """Write the checkpoint."""
        state, buffer = self.state, io.BytesIO()
        arrays = np.stack([state.parameters, state.averaged, state.first, state.second])
        np.savez(buffer, arrays=arrays, told=np.array([self.epoch, state.steps, self.loss, self.seconds]))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, buffer.getvalue())
        self._saved = time.monotonic()

    def end(self) -> None:
        """Forget the checkpoint."""
        self._path.unlink(missing_ok=True)

    def _held(self) -> tuple[Floats, npt.NDArray[np.float64]] | None:
        """What a checkpoint has."""
        try:
            with np.load(io.BytesIO(self._path.read_bytes()), allow_pickle=False) as held:
                arrays, told = held["arrays"], held["told"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None  # none, or damaged: from the start
        return (arrays, told) if arrays.shape == (4, self._trained.trained) else None

    def _restore(self, arrays: Floats, told: npt.NDArray[np.float64]) -> None:
        state = self.state
        for name, values in zip(("parameters", "averaged", "first", "second"), arrays, strict=True):
            setattr(state, name, np.ascontiguousarray(values, np.float32))
        self.epoch, state.steps = int(told[0]), int(told[1])
        self.loss, self.seconds = float(told[2]), float(told[3])


def train(
    run: Run,
    purpose: str,
    sets: Sets,
    folder: Path,
    *,
    start: Weights | None = None,
    progress: Progress | None = None,
    convert: Callable[[Weights], float] | None = None,
) -> records.Record:
    """Train to the end, keep the weights, write the record; a run that has one is not run again.

    Args:
        run: what is trained; purpose: what for, for the record.
        folder: of the study.
        start: the weights that `run.start` names.
        convert: makes the int8 file and gives its held-out accuracy.

    Raises:
        TrainError: the weights to start with do not fit.
        KeyboardInterrupt: stopped; the same call goes on from the last checkpoint.
    """
    known = next((each for each in records.read(folder) if each.run == run and each.state == records.WHOLE), None)
    if known is not None and weights_path(folder, run).is_file():
        return known
    training = Training(run, sets, folder, start)
    try:
        while training.epoch < run.recipe.epochs:
            training.step()
            if progress is not None:
                progress(run, training.epoch, training.loss)
    except (KeyboardInterrupt, SystemExit):
        training.save()
        records.append(folder, _record(training, purpose, f"stopped after epoch {training.epoch}"))
        raise
    weights = training.weights()
    network = native.Network(weights.topology, BLOCKS)
    found, fit = (score(network, weights, each) for each in (training.sets.held_out, training.sets.train))
    keep(folder, run, weights)
    record = dataclasses.replace(
        _record(training, purpose, records.WHOLE),
        held_out=found.accuracy,
        held_out_loss=round(found.loss, 6),
        held_out_int8=convert(weights) if convert is not None else None,
        fit=round(fit.accuracy, 6),
    )
    records.append(folder, record)
    training.end()
    return record


def _record(training: Training, purpose: str, state: str) -> records.Record:
    """Without a score."""
    return records.Record(
        run=training.run,
        purpose=purpose,
        params=training.topology.parameters,
        macs=training.topology.macs,
        state=state,
        held_out=None,
        held_out_loss=None,
        held_out_int8=None,
        loss=round(training.loss, 6) if training.epoch else None,
        seconds=round(training.seconds, 1),
        trainer=native.version(),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def weights_path(folder: Path, run: Run) -> Path:
    """Where a run's weights are kept."""
    return folder / "weights" / f"{records.identity(run)}.npz"


def packed(weights: Weights) -> bytes:
    """As a file has them: arrays `parameters` and `statistics`."""
    buffer = io.BytesIO()
    np.savez(buffer, parameters=weights.parameters, statistics=weights.statistics)
    return buffer.getvalue()


def keep(folder: Path, run: Run, weights: Weights) -> None:
    """Write a run's weights."""
    path = weights_path(folder, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, packed(weights))


def kept(folder: Path, run: Run) -> Weights:
    """A run's weights.

    Raises:
        TrainError: they are missing or damaged.
    """
    return unpacked(weights_path(folder, run), run)


def unpacked(path: Path, run: Run) -> Weights:
    """The weights of a run that `packed` wrote.

    Raises:
        TrainError: they are missing or damaged.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
            return Weights(parse(run.words, run.slope), held["parameters"], held["statistics"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as caught:
        raise TrainError(f"{path} cannot be used: {caught}", "train the run again") from caught
