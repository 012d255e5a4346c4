"""A set of the user's own: from a file or a folder to samples that a network takes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from toolkit.artifacts import SetWords
from toolkit.data import answers, loaders, meet
from toolkit.data.loaders import arrays
from toolkit.data.loaders.base import NO_TRUTH, Loaded, Wanted
from toolkit.data.samples import Samples, sha256_of_arrays
from toolkit.data.task import Task
from toolkit.data.tensor import Tensor, plain
from toolkit.errors import DatasetError, UsageError
from toolkit.selection import Selection


def read(
    inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], asked: Selection, *, split: str = "test"
) -> tuple[Samples, str]:
    """The samples of `asked.data` for a network with these ends, and all that was found or guessed in words.

    Args:
        split: which part is taken of a file that has several: "test" or "train".

    Raises:
        DatasetError: a file that is missing or damaged, or data that do not fit; the message names file and row.
        ModelError: an input's quantisation does not tell what an element stands for.
        UsageError: an option that cannot apply.
    """
    path = asked.data
    if path is None:
        raise UsageError("there are no data", "--data FILE")
    if asked.limit == 0:
        raise UsageError("--limit 0 sends nothing of --data", "leave one of the two out")
    beside = Path(asked.truth) if asked.truth is not None and asked.truth.endswith(".npy") else None
    beside = beside if beside is not None and beside.is_file() and not path.is_dir() else None
    truth = NO_TRUTH if beside is not None else asked.truth
    wanted = Wanted(inputs, outputs, asked.inputs, truth, asked.classes, asked.resize, asked.limit, split)
    loaded = loaders.load(path, wanted).up_to(asked.limit)
    if not len(loaded):
        raise DatasetError(f"{path} has no samples", "name another file")
    if beside is not None:
        loaded = dataclasses.replace(loaded, truth=arrays.read_alone(beside, asked.limit, loaded.whole))
    if len(loaded.inputs) != len(inputs):
        raise DatasetError(
            f"{path} gives {len(loaded.inputs)} inputs, the network takes {len(inputs)}", "--inputs names one for each"
        )
    return _met(path, loaded, inputs, outputs, asked)


def _met(
    path: Path, loaded: Loaded, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], asked: Selection
) -> tuple[Samples, str]:
    told = [f"{len(loaded):,} inputs of {path.name}", *loaded.told]
    alone = len(inputs) == 1
    met = []
    for place, tensor in enumerate(inputs):
        where = str(path) if alone else f"{path}, input {plain(tensor.name)}"
        one = meet.meet(loaded, place, tensor, asked.scale, where, alone=alone)
        told += one.told if alone else (f"{plain(tensor.name)}: {each}" for each in one.told)
        met.append(one)
    found = answers.decide(loaded, inputs, outputs, asked, str(path))
    name = path.name if path.is_dir() else path.stem
    name = name or path.resolve().name
    samples = Samples(
        name,
        tuple(each.values for each in met),
        truth=found.truth,
        task=Task(found.kind, loaded.picture, found.output, shape=_shape(loaded, inputs[0])),
        scaling=met[0].scaling if alone else None,
        names=loaded.names,
        classes=found.classes,
        source=str(path),
        found=loaded.found,
        known_by=sha256_of_arrays(loaded.inputs),
        remarks=(*loaded.remarks, *(remark for each in met for remark in each.remarks)),
        words=SetWords.plain(name, "picture" if loaded.picture else "input"),
    )
    return samples, "; ".join([*told, *found.told])


def _shape(loaded: Loaded, tensor: Tensor) -> tuple[int, ...]:
    """A sample's own shape, where the network takes it flat and it tells more; otherwise empty."""
    has, takes = (tuple(size for size in shape if size != 1) for shape in (loaded.inputs[0].shape[1:], tensor.sample))
    return loaded.inputs[0].shape[1:] if len(has) > len(takes) else ()
