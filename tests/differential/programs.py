"""Many compiled networks in one program: one translation unit, so that headers are read once, and one run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.artifacts import CompiledModel

_NAMES = re.compile(r"\b(layer\d+|arena\b|model_(?:input|output|invoke)\b)")
_ARENA = re.compile(r"static union \{(.*?)\} (\w+_arena);", re.DOTALL)


@dataclass(frozen=True, eq=False)
class Job:
    """A compiled network and what goes in, [n, ...]."""

    model: CompiledModel
    inputs: NDArray[Any]

    @property
    def output_bytes(self) -> int:
        """Of one output."""
        return self.model.outputs[0].size_bytes

    def outputs(self, data: bytes) -> NDArray[Any]:
        """Bytes of all outputs as an array [n, ...]."""
        return np.frombuffer(data, self.model.outputs[0].numpy).reshape(len(self.inputs), *self.model.outputs[0].shape)


def split(jobs: Sequence[Job], data: bytes) -> list[NDArray[Any]]:
    """All outputs of all jobs, one after the other, by job.

    Raises:
        ValueError: there are more or fewer.
    """
    sizes = [job.output_bytes * len(job.inputs) for job in jobs]
    if sum(sizes) != len(data):
        raise ValueError(f"{len(data)} bytes of output, not {sum(sizes)}")
    ends = np.cumsum(sizes)
    return [job.outputs(data[end - size : end]) for job, size, end in zip(jobs, sizes, ends, strict=True)]


def input_bytes(jobs: Sequence[Job]) -> bytes:
    """All inputs of all jobs, one after the other."""
    return b"".join(job.inputs.tobytes() for job in jobs)


def unit(jobs: Sequence[Job], *, pool: str = "") -> str:
    """The networks as one C text, with a table of them: `networks[i]`.

    Args:
        pool: the memory that all of them use, one after the other; "": each has an arena of its own.
    """
    pieces = ["#include <stddef.h>\n#include <stdint.h>\n"]
    if pool:
        most = max(job.model.arena_bytes for job in jobs)
        pieces.append(f"static uint32_t {pool}[{most // 4 + 1}];\n")
    for place, job in enumerate(jobs):
        header = job.model.sources["model.h"]
        for name in ("INPUTS", "OUTPUTS", "ENDS", "ARENA_BYTES"):
            pieces.append(f"#undef MODEL_{name}\n")
        pieces.append("#undef MODEL_H\n")
        text = header + job.model.sources["model.c"].replace('#include "model.h"', "")
        text = _NAMES.sub(rf"n{place}_\1", text)
        if pool:
            cast = rf"union \2_t {{\1}};\n#define \2 (*(union \2_t *)(void *){pool})\n"
            text = _ARENA.sub(cast, text)
        pieces.append(text)
    rows = "\n".join(
        f"  {{n{i}_model_input, n{i}_model_invoke, n{i}_model_output, {job.inputs[0].nbytes}u, {job.output_bytes}u, "
        f"{len(job.inputs)}u}},"
        for i, job in enumerate(jobs)
    )
    pieces.append(
        "typedef struct {\n  uint8_t *(*input)(uint8_t index);\n  void (*invoke)(void);\n"
        "  const uint8_t *(*output)(uint8_t index);\n"
        "  uint32_t input_bytes, output_bytes, count;\n} network_t;\n"
        f"static const network_t networks[{len(jobs)}] = {{\n{rows}\n}};\n#define NETWORKS {len(jobs)}u\n"
    )
    return "".join(pieces)


def kernels(jobs: Sequence[Job]) -> list[str]:
    """The .c files of firmware/kernels that they need."""
    return sorted({name for job in jobs for name in job.model.kernels if name.endswith(".c")})
