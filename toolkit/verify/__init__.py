"""Device against host: asks the device for every input and compares each output with the host's, byte for byte.

The stage knows neither data sets nor interpreters: the command line hands it workloads, inputs beside expected outputs.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from toolkit.artifacts import Build, Verification
from toolkit.errors import StaleFirmwareError
from toolkit.link.client import Client, Request
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


def check_identity(hello: Hello, build: Build) -> None:
    """Refuse a device that does not run this very build.

    Raises:
        StaleFirmwareError: another model or another build.
    """
    cure = f"put the newest build on it: tinyml flash --board {build.board}"
    if hello.model_sha256 != build.model_sha256:
        have, want = hello.model_sha256[:12], build.model_sha256[:12]
        raise StaleFirmwareError(f"the device runs another model ({have}..., not {want}...)", cure)
    if hello.build_id != build.build_id:
        raise StaleFirmwareError(f"the device runs another build ({hello.build_id}, not {build.build_id})", cure)


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
    for client in clients.values():
        check_identity(client.hello(), build)
    shards = Shards(clients)
    expected = [row.tobytes() for work in workloads for row in work.expected]
    inputs = [(work.kind, row) for work in workloads for row in work.inputs]
    requests = [
        Request(key=key, kind=kind, data=row.tobytes())
        for key, (kind, row) in enumerate(inputs)
        if key not in journal.answers
    ]
    exact = sum(answer.output == expected[key] for key, answer in journal.answers.items())
    progress(len(journal.answers), len(inputs), exact, 0)
    for answer in shards.stream(requests):
        journal.add(answer)
        exact += answer.output == expected[answer.key]
        progress(len(journal.answers), len(inputs), exact, shards.stats.resent)
    # Only now is the stack's high-water mark known.
    hello = max((client.hello() for client in shards.alive), key=lambda hello: hello.stack_bytes)
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
