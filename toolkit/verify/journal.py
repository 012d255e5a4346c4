"""The journal: every answer is written before it counts, so an interrupted run goes on from where it was.

    {"run": SHA-256, "build": build id, "inputs": count}
    [key, ticks, output in hex]        one line an answer, in the order in which they came

A former run's journal stays as it is until the device has shown that it can be asked: only the first answer of a new
run, or `begin`, takes its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from toolkit import files
from toolkit.artifacts import Build, write_atomically
from toolkit.errors import TinymlError
from toolkit.link.client import Answer
from toolkit.verify.workload import Workload

MOST_TICKS = 0xFFFFFFFF
"""The wire has 32 bits for them."""


@dataclass(frozen=True)
class RunId:
    """What a run asks, of which build: a journal is only good for the very same run.

    Attributes:
        digest: SHA-256 over the build and every input.
        build: the build's id.
        inputs: how many; answers are known by their place in them.
    """

    digest: str
    build: str
    inputs: int


def run_id(build: Build, workloads: Iterable[Workload]) -> RunId:
    """The run of these inputs on this build."""
    digest = hashlib.sha256(f"{build.build_id} {build.model_sha256}".encode())
    count = 0
    for work in workloads:
        digest.update(f"{work.set} {work.kind} {work.divisor!r} {work.offset!r} {work.inputs.shape}".encode())
        digest.update(work.inputs.tobytes())
        count += len(work.inputs)
    return RunId(digest.hexdigest(), build.build_id, count)


class Journal:
    """Append-only JSON lines.

    Attributes:
        answers: key -> Answer, those read back and those added.
    """

    def __init__(self, path: Path, run: RunId, *, resume: bool) -> None:
        """Look at the journal at `path`; nothing is written yet.

        Args:
            resume: take over the answers of a former run of the same id; otherwise start anew.

        Raises:
            TinymlError: there is nothing to resume, or another run's, or it is damaged; the file stays as it is.
        """
        self.path = path
        self.answers: dict[int, Answer] = {}
        self._run = run
        self._file: IO[bytes] | None = None
        if resume:
            self.answers = {answer.key: answer for answer in self._read()}

    def _refused(self, why: str) -> TinymlError:
        return TinymlError(
            f"--resume: {why}", "leave --resume out to start anew; the answers of that run are lost then"
        )

    def _read(self) -> list[Answer]:
        """The answers of a former run; lines cut short by a crash end the reading.

        Raises:
            TinymlError: see `__init__`.
        """
        if not files.is_regular(self.path):
            raise TinymlError("--resume: there is no interrupted run to go on with", "leave --resume out")
        try:
            lines = self.path.read_bytes().splitlines()
        except OSError as caught:
            raise self._refused(f"{self.path} cannot be read: {caught.strerror}") from caught
        self._check_run(lines[0] if lines else b"")
        answers: dict[int, Answer] = {}
        damaged = 0
        for number, line in enumerate(lines[1:], 2):
            answer = self._parse(line)
            if answer is None or answer.key in answers:
                damaged = damaged or number
            elif damaged:
                raise self._refused(f"line {damaged} of {self.path} is no answer of this run, and others follow it")
            else:
                answers[answer.key] = answer
        if not answers:
            raise TinymlError("--resume: the interrupted run has no answer yet", "leave --resume out")
        return list(answers.values())

    def _check_run(self, line: bytes) -> None:
        try:
            head = json.loads(line)
            digest, build, inputs = head["run"], str(head.get("build", "")), head.get("inputs")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise self._refused(f"{self.path} is no journal") from None
        if digest == self._run.digest:
            return
        if build != self._run.build:
            raise self._refused(f"the interrupted run was of build {build[:16] or 'unknown'}, not {self._run.build}")
        raise self._refused(
            f"the interrupted run asked for {inputs!r:.20} inputs and this one for {self._run.inputs}"
            if inputs != self._run.inputs
            else "the interrupted run asked for other inputs"
        )

    def _parse(self, line: bytes) -> Answer | None:
        """An answer of this run; None where the line is damaged."""
        try:
            key, ticks, output = json.loads(line)
            data = bytes.fromhex(output)
        except (ValueError, TypeError, RecursionError):
            return None
        if type(key) is not int or type(ticks) is not int:
            return None
        if not (0 <= key < self._run.inputs and 0 <= ticks <= MOST_TICKS):
            return None
        return Answer(key=key, output=data, ticks=ticks)

    def begin(self) -> None:
        """Take the place of the former run's journal, with what is known of this one: whole or not at all.

        Raises:
            TinymlError: the file system refused.
        """
        if self._file is not None:
            return
        head = {"run": self._run.digest, "build": self._run.build, "inputs": self._run.inputs}
        lines = [json.dumps(head).encode() + b"\n", *map(_line, self.answers.values())]
        write_atomically(self.path, b"".join(lines))
        try:
            self._file = files.append(self.path)
        except OSError as caught:
            raise self._cannot_write(caught) from caught

    def _cannot_write(self, caught: OSError) -> TinymlError:
        return TinymlError(f"cannot write {self.path}: {caught.strerror}", "free some space, or check the permissions")

    def add(self, answer: Answer) -> None:
        """Keep one answer.

        Raises:
            TinymlError: the disk is full.
        """
        self.begin()
        if self._file is None:
            raise RuntimeError("the journal has begun without a file")
        try:
            self._file.write(_line(answer))
            self._file.flush()
        except OSError as caught:
            raise self._cannot_write(caught) from caught
        self.answers[answer.key] = answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as caught:
            if error is None:
                raise self._cannot_write(caught) from caught


def _line(answer: Answer) -> bytes:
    return json.dumps([answer.key, answer.ticks, answer.output.hex()]).encode() + b"\n"
