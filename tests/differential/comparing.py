"""Networks computed on a target and by the official interpreter, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.differential.networks import Network
from tests.differential.programs import Job
from tests.differential.reference import Reference
from tests.differential.targets import ProgramError, Target
from toolkit import reference as host
from toolkit.errors import TinymlError
from toolkit.verify import tolerance

FLOAT_TOLERANCE = 1e-5


class Outcome(StrEnum):
    """What came of a network on a target."""

    EQUAL = "equal"
    BOTH_REFUSE = "refused by both"
    WE_REFUSE = "refused by the compiler alone"
    THEY_REFUSE = "refused by the interpreter alone"
    TOO_LARGE = "too large for this target's emulator"
    DIFFERS = "differs"
    BREAKS = "does not build or run"

    @property
    def failed(self) -> bool:
        """True if it must be mended."""
        return self in (Outcome.DIFFERS, Outcome.BREAKS)


@dataclass(frozen=True)
class Finding:
    """One network on one target; `detail` is one line."""

    network: str
    target: str
    optimise: str
    outcome: Outcome
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.network} on {self.target}, {self.optimise}: {self.outcome}: {self.detail}"


def compare(
    networks: Sequence[Network], target: Target, optimise: str, references: dict[str, NDArray[Any] | str]
) -> list[Finding]:
    """What came of each network; programs are made of as many as the target takes at once."""
    findings: list[Finding] = []
    ready: list[tuple[Network, Job]] = []
    for network in networks:
        expected = references[network.name]
        try:
            model = target.compile(network.tflite, optimise)
        except TinymlError as caught:
            outcome = Outcome.BOTH_REFUSE if isinstance(expected, str) else Outcome.WE_REFUSE
            findings.append(Finding(network.name, target.name, optimise, outcome, caught.message))
            continue
        if isinstance(expected, str):
            findings.append(Finding(network.name, target.name, optimise, Outcome.THEY_REFUSE, expected))
            continue
        job = Job(model, network.inputs)
        if not target.takes(job):
            findings.append(Finding(network.name, target.name, optimise, Outcome.TOO_LARGE))
            continue
        ready.append((network, job))
    for at in range(0, len(ready), target.batch):
        findings += _batch(ready[at : at + target.batch], target, optimise, references)
    return findings


def _batch(
    ready: Sequence[tuple[Network, Job]], target: Target, optimise: str, references: dict[str, NDArray[Any] | str]
) -> list[Finding]:
    try:
        outputs = target.run([job for _, job in ready], optimise)
    except (ProgramError, ValueError) as caught:
        if len(ready) == 1:
            return [Finding(ready[0][0].name, target.name, optimise, Outcome.BREAKS, str(caught))]
        half = len(ready) // 2
        return [f for part in (ready[:half], ready[half:]) for f in _batch(part, target, optimise, references)]
    return [
        _judged(network, target, optimise, got, references[network.name])
        for (network, _), got in zip(ready, outputs, strict=True)
    ]


def _judged(network: Network, target: Target, optimise: str, got: NDArray[Any], expected: Any) -> Finding:
    if got.dtype.kind != "f":
        wrong = got != expected
    else:
        # Sums in another order: what is small beside its sum is as inexact as the sum.
        bound = FLOAT_TOLERANCE * (np.abs(expected) + np.abs(expected).max(initial=1.0))
        wrong = ~(np.abs(got - expected) <= bound)
        if wrong.any():
            wrong = _unexplained(network, got, expected, wrong)
    if not wrong.any():
        return Finding(network.name, target.name, optimise, Outcome.EQUAL)
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    detail = f"{int(wrong.sum())} of {wrong.size}; at {list(first)} {got[first]} instead of {expected[first]}"
    return Finding(network.name, target.name, optimise, Outcome.DIFFERS, detail)


def _unexplained(network: Network, got: NDArray[Any], expected: NDArray[Any], wrong: NDArray[Any]) -> NDArray[Any]:
    """Of the elements that are off, those that rounding does not explain: the rule of docs/verdicts.md.

    A fused activation may cut the outputs to far less than the sums that they were.
    """
    rounding, left = host.rounding(network.tflite), np.zeros_like(wrong)
    for at in np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1)):
        moved = rounding.moved([network.inputs[at]], np.ascontiguousarray(expected[at]).reshape(-1).view(np.uint8))
        ours, theirs = (each[at].reshape(-1).astype(np.float64) for each in (got, expected))
        left[at] = wrong[at] & tolerance.unexplained(theirs, ours, moved).reshape(wrong[at].shape)
    return left


def held(networks: Sequence[Network], target: Target, optimise: str) -> list[Finding]:
    """`compare` on one target, which is closed behind it, with references asked for these networks."""
    with Reference() as reference:
        expected = references(networks, reference)
    try:
        return compare(networks, target, optimise, expected)
    finally:
        target.close()


def references(networks: Sequence[Network], reference: Reference) -> dict[str, NDArray[Any] | str]:
    """By network: the interpreter's outputs, or why there are none."""
    return {network.name: reference.outputs(network.tflite, network.inputs) for network in networks}
