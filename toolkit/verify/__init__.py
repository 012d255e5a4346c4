"""Device against host: asks the device for every input and compares each output with the host's, byte for byte.

The stage knows neither data sets nor interpreters: the command line hands it workloads, inputs beside expected outputs.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from toolkit.artifacts import Build, Verification
from toolkit.errors import TinymlError
from toolkit.link import check_identity, check_sizes
from toolkit.link.client import FLOAT_BYTES, Client, Request
from toolkit.link.messages import Hello
from toolkit.verify.journal import Journal, run_id
from toolkit.verify.judge import judge
from toolkit.verify.shards import Shards
from toolkit.verify.workload import Workload

__all__ = ["Journal", "Progress", "Workload", "check_identity", "run_id", "verify"]


class Progress(Protocol):
    """Told after every answer."""

    def __call__(self, done: int, total: int, exact: int, resent: int) -> None:
        """`done` of `total` are answered, `exact` of them equal the host's, `resent` frames were sent again."""


def _check(hello: Hello, build: Build, workloads: Sequence[Workload]) -> None:
    """Refuse a device that does not run this very build, or could not answer what it will be asked.

    Raises:
        StaleFirmwareError: see `check_identity`.
    """
    check_identity(hello, build)
    for work in workloads:
        inputs = work.inputs.shape[1] * (FLOAT_BYTES if work.kind == "elements" else 1)
        check_sizes(hello, inputs, work.expected.shape[1], f"tinyml build --board {build.board}")


def verify(
    build: Build,
    workloads: Sequence[Workload],
    clients: Mapping[str, Client],
    *,
    reference: str,
    journal: Journal,
    progress: Progress,
    told: str = "",
    decides: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> Verification:
    """Stream every input that the journal has no answer for, and compare every output.

    Args:
        build: what the device must be running.
        workloads: the inputs and the host's outputs.
        clients: by port, of the boards that share the work; each must run the same build.
        reference: the interpreter that gave the expected outputs, in words.
        journal: of `run_id(build, workloads)`.
        told: what is sent, in words.
        decides: the reference is the measure, not a stand-in for it.

    Raises:
        StaleFirmwareError: the device runs something else.
        LinkError: a device cannot be reached at the start, or the last one fell silent for good; the journal keeps what
            was answered.
    """
    started = clock()
    if not any(len(work.inputs) for work in workloads):
        raise TinymlError("there are no inputs to verify", "--limit 1 or more")
    for client in clients.values():
        _check(client.hello(), build, workloads)
    shards = Shards(clients)
    journal.begin()
    expected = [row.tobytes() for work in workloads for row in work.expected]
    inputs = [(work, row) for work in workloads for row in work.inputs]
    requests = [
        Request(key=key, kind=work.kind, data=row.tobytes(), divisor=work.divisor, offset=work.offset)
        for key, (work, row) in enumerate(inputs)
        if key not in journal.answers
    ]
    exact = sum(answer.output == expected[key] for key, answer in journal.answers.items())
    progress(len(journal.answers), len(inputs), exact, 0)
    for answer in shards.stream(requests):
        journal.add(answer)
        exact += answer.output == expected[answer.key]
        progress(len(journal.answers), len(inputs), exact, shards.stats.resent)
    hello = shards.farewell()
    result = judge(
        build,
        workloads,
        journal.answers,
        hello,
        shards.stats,
        reference=reference,
        seconds=clock() - started,
        asked=len(requests),
        inputs=told,
        decides=decides,
    )
    return dataclasses.replace(result, devices=shards.shares if len(clients) > 1 else ())
