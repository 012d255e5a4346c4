"""The journal: every answer is on disk before it counts, so an interrupted run goes on from where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from toolkit.artifacts import Build
from toolkit.errors import TinymlError
from toolkit.link.client import Answer
from toolkit.verify.workload import Workload

FLUSH_EVERY = 64


def run_id(build: Build, workloads: Iterable[Workload]) -> str:
    """SHA-256 over the build and every input: a journal is only good for the very same run."""
    digest = hashlib.sha256(f"{build.build_id} {build.model_sha256}".encode())
    for work in workloads:
        digest.update(f"{work.set} {work.kind} {work.inputs.shape}".encode())
        digest.update(work.inputs.tobytes())
    return digest.hexdigest()


class Journal:
    """Append-only JSON lines: the run's id, then one line per answer.

    Attributes:
        answers: key -> Answer, those read back and those added.
    """

    def __init__(self, path: Path, run: str, *, resume: bool) -> None:
        """Open the journal at `path`.

        Args:
            run: of `run_id`.
            resume: take over the answers of a former run of the same id; otherwise start anew.

        Raises:
            TinymlError: the file cannot be written.
        """
        self.path = path
        self.answers: dict[int, Answer] = {}
        self._unflushed = 0
        kept = self._read(run) if resume else []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="ascii")
            self._file.write(json.dumps({"run": run}) + "\n")
        except OSError as caught:
            raise self._cannot_write(caught) from caught
        for answer in kept:
            self.add(answer)

    def _cannot_write(self, caught: OSError) -> TinymlError:
        return TinymlError(f"cannot write {self.path}: {caught.strerror}", "free some space, or check the permissions")

    def _read(self, run: str) -> list[Answer]:
        """The answers of a former run; a line cut short by a crash ends the reading."""
        answers = []
        try:
            lines = self.path.read_text(encoding="ascii").splitlines()
            if not lines or json.loads(lines[0]).get("run") != run:
                return []
            for line in lines[1:]:
                key, ticks, output = json.loads(line)
                answers.append(Answer(key=int(key), output=bytes.fromhex(output), ticks=int(ticks)))
        except (OSError, ValueError, AttributeError, TypeError):
            pass
        return answers

    def add(self, answer: Answer) -> None:
        """Keep one answer.

        Raises:
            TinymlError: the disk is full.
        """
        self.answers[answer.key] = answer
        try:
            self._file.write(json.dumps([answer.key, answer.ticks, answer.output.hex()]) + "\n")
            self._unflushed += 1
            if self._unflushed >= FLUSH_EVERY:
                self._file.flush()
                self._unflushed = 0
        except OSError as caught:
            raise self._cannot_write(caught) from caught

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as caught:
            if error is None:
                raise self._cannot_write(caught) from caught
