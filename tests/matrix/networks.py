"""The networks of the matrix: those of the zoo, MLPerf Tiny's five, and whatever else lies in the folders named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import models, reference, tflite
from toolkit.artifacts import DType
from toolkit.data.made import made, stored

INPUTS = 3
"""For each network, made up as the tool makes them up where there are no data: the slowest takes a minute for one."""

_SEED = 5


@dataclass(frozen=True)
class Network:
    """A file under a name that no other has."""

    name: str
    path: Path

    @cached_property
    def file(self) -> bytes:
        """What both sides get: rewritten, where neither could read the file right.

        Raises:
            ModelError: it is no network that either can read; all reasons are named.
        """
        source = tflite.source.read(self.path)
        description = tflite.describe(source.tflite)
        rewritten = tflite.rewrite(source.tflite, description)
        wrong = [*tflite.obstacles.of(description), *rewritten.obstacles]
        if wrong:
            raise tflite.UnsupportedError(wrong, self.path.name, rewritten.data)
        return rewritten.data

    @property
    def dtype(self) -> DType:
        """As the command line wants it."""
        return tflite.ends.dtype_of(tflite.ends.ends_of(self.file).inputs)

    @cached_property
    def inputs(self) -> NDArray[np.uint8]:
        """[INPUTS, bytes of all inputs]."""
        return np.concatenate([each.reshape(INPUTS, -1).view(np.uint8) for each in self._given], axis=1)

    @cached_property
    def outputs(self) -> NDArray[np.uint8]:
        """[INPUTS, bytes of all outputs], by the official interpreter.

        Raises:
            ModelError: it cannot run the network.
        """
        return reference.expected_outputs(self.file, self._given)

    @cached_property
    def _given(self) -> list[NDArray[Any]]:
        specs = tflite.ends.ends_of(self.file).inputs
        every = made(specs, INPUTS, _SEED)
        return [
            np.ascontiguousarray(stored(spec, values).reshape(INPUTS, *spec.sample).astype(spec.numpy))
            for spec, values in zip(specs, every, strict=True)
        ]


def of_the_zoo() -> Iterator[Network]:
    """Every trained file that is shipped: all int8 per channel, then float32, then int8 per tensor."""
    for kind in ("int8", "float32", "int8_per_tensor"):
        for model in models.stored(Path()):
            name = f"{model.card.name}_{kind}"
            if model.shipped and f"{name}.tflite" in model.card.files:
                yield Network(name, model.folder / f"{name}.tflite")


def of_folders(folders: Sequence[Path]) -> Iterator[Network]:
    """Every `.tflite` of these folders."""
    for folder in folders:
        for path in sorted(folder.glob("*.tflite")):
            yield Network(f"{folder.name}/{path.stem}", path)
