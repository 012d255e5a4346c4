"""How strong the proof is: measured once the outputs are equal, kept with the build, and weighed for the verdict."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from toolkit import __version__
from toolkit.artifacts import Artifact, Build, ElementType, Strength, TensorSpec, Verdict, Verification
from toolkit.artifacts.base import seal_of, to_jsonable
from toolkit.errors import TinymlError
from toolkit.listener import Listener
from toolkit.tflite.ends import ends_of, join, size_bytes, split

if TYPE_CHECKING:
    from toolkit.verify import Workload
    from toolkit.workloads import Assembled, Inputs
    from toolkit.workspace import BoardFolder


@dataclass(frozen=True)
class Kept(Artifact):
    """What was measured last: `strength.json` in the build's folder.

    Attributes:
        key: SHA-256 over the network, the inputs, the host's outputs and what measures.
        seal: of `strength`.
    """

    key: str
    strength: Strength
    seal: str


@dataclass(frozen=True)
class KeptInputs(Artifact):
    """Which made-up inputs were found last: `made.json` in the build's folder.

    Attributes:
        key: SHA-256 over the network, how many were asked for, and what makes and tries them.
        tried: how many candidates there were.
        rows: each input's bytes, base64.
        seal: of `rows`.
    """

    key: str
    tried: int
    rows: tuple[str, ...]
    seal: str


def reaching(place: BoardFolder, build: Build, inputs: Inputs, listener: Listener) -> Inputs:
    """As many made-up inputs that reach the network's layers; those that are given where none can be looked for."""
    from toolkit.data.choice import made_set, told_of_made

    count = len(inputs.sets[0])
    key = _key(build, np.array([count], np.uint32).view(np.uint8))
    kept = _kept_inputs(place, key, count, size_bytes(ends_of(inputs.tflite).inputs)) or _found(
        inputs, count, key, listener
    )
    if kept is None:
        return inputs
    kept.save(place.made)
    specs = ends_of(inputs.tflite).inputs
    rows = np.array([np.frombuffer(base64.b64decode(row), np.uint8) for row in kept.rows])
    values = tuple(
        np.ascontiguousarray(part).view(spec.numpy).reshape(count, *spec.sample)
        for spec, part in zip(specs, split(specs, rows), strict=True)
    )
    told = told_of_made(count, f"(those of {kept.tried:,} tried on the host that show most planted faults)")
    return dataclasses.replace(inputs, sets=(made_set(values),), told=told)


def _found(inputs: Inputs, count: int, key: str, listener: Listener) -> KeptInputs | None:
    from toolkit.strength import look_for

    specs = ends_of(inputs.tflite).inputs
    listener.say("making inputs up that reach the network's layers")
    found = look_for(inputs.tflite, specs, count)
    if found is None:
        return None
    rows = tuple(base64.b64encode(row.tobytes()).decode() for row in join(specs, found.values))
    return KeptInputs(key, found.tried, rows, seal_of({"rows": rows}))


def _kept_inputs(place: BoardFolder, key: str, count: int, size: int) -> KeptInputs | None:
    """What was found before, `count` rows of `size` bytes; None if nothing was, or another hand was at it."""
    if not place.made.is_file():
        return None
    try:
        kept = KeptInputs.load(place.made)
        sizes = [len(base64.b64decode(row)) for row in kept.rows]
    except (TinymlError, ValueError):
        return None
    whole = kept.key == key and kept.seal == seal_of({"rows": kept.rows}) and sizes == [size] * count
    return kept if whole else None


def judged_by_strength(
    result: Verification, place: BoardFolder, build: Build, assembled: Assembled, listener: Listener, *, asked: bool
) -> Verification:
    """The verdict with its strength; PROVEN becomes WEAK where these inputs would not show enough.

    Args:
        asked: False: it is not measured, and the record says so.

    Raises:
        TinymlError: interrupted.
    """
    from toolkit.strength import NOT_ASKED

    if result.verdict not in (Verdict.PROVEN, Verdict.WEAK):
        return result
    try:
        traced = result.trace.inputs if result.trace is not None and result.trace.layers else 0
        strength = _measured(place, build, assembled, traced, listener) if asked else NOT_ASKED
    except KeyboardInterrupt:
        raise TinymlError(
            "interrupted while planting faults on the host; every output was equal",
            "go on with: tinyml verify --resume; --no-strength plants none",
        ) from None
    weak = result.verdict is Verdict.WEAK or (strength.measured and strength.weak)
    return dataclasses.replace(result, verdict=Verdict.WEAK if weak else Verdict.PROVEN, strength=strength)


def _measured(place: BoardFolder, build: Build, assembled: Assembled, traced: int, listener: Listener) -> Strength:
    from toolkit import strength as room
    from toolkit.strength.measure import Asked
    from toolkit.workloads import as_read

    works = assembled.workloads
    inputs, due = as_read(build, np.concatenate(assembled.tensors)), np.concatenate([work.expected for work in works])
    moved = _moved(works, ends_of(assembled.inputs.tflite).outputs)
    asked = Asked(inputs, due, moved, best_first=assembled.inputs.made, traced=traced)
    key = _key(build, asked.inputs, asked.due, np.array([traced], np.uint32).view(np.uint8))
    kept = _kept(place, key)
    if kept is not None:
        return kept
    listener.say("planting faults in the network on the host: which of them would these inputs have shown?")
    with listener.answering("faults") as progress:
        strength = room.measure(assembled.inputs.tflite, asked, told=lambda done, total: progress(done, total, done, 0))
    Kept(key, strength, seal_of(to_jsonable(strength))).save(place.strength)
    return strength


def _moved(
    works: Sequence[Workload], outputs: Sequence[TensorSpec]
) -> Callable[[int], Iterator[npt.NDArray[np.float64]]] | None:
    """Input by input through all sets, of the float32 elements alone; None where no output is float32."""
    if all(work.moved is None for work in works):
        return None
    real = np.concatenate([np.full(spec.elements, spec.dtype is ElementType.FLOAT32) for spec in outputs])
    places = [(work, index) for work in works for index in range(len(work.inputs))]

    def moved(place: int) -> Iterator[npt.NDArray[np.float64]]:
        work, index = places[place]
        return iter(()) if work.moved is None else (draw[real] for draw in work.moved(index))

    return moved


@functools.cache
def _measure() -> str:
    """SHA-256 of what plants and counts: after a change there, what was kept is another measure's."""
    from toolkit import strength
    from toolkit.data import made

    digest = hashlib.sha256(__version__.encode())
    for path in (*sorted(Path(strength.__file__).parent.glob("*.py")), Path(made.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _key(build: Build, *arrays: npt.NDArray[np.uint8]) -> str:
    digest = hashlib.sha256(f"{_measure()} {build.model_sha256}".encode())
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _kept(place: BoardFolder, key: str) -> Strength | None:
    """What was measured of the same before; None if nothing was, or another hand was at it."""
    if not place.strength.is_file():
        return None
    try:
        kept = Kept.load(place.strength)
    except TinymlError:
        return None
    same = kept.key == key and kept.seal == seal_of(to_jsonable(kept.strength)) and not kept.strength.missing
    return kept.strength if same else None
