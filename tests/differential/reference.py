"""The official interpreter in a process of its own: where it does not like a scale it aborts, and all with it."""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SECONDS = 60.0
_ARENA = 4 << 20
_READY = "ready"


def _serve() -> None:
    from tflite_micro.python.tflite_micro import runtime

    from toolkit.tflite import int8_tables

    # The interpreter's own words would be in the way.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    pickle.dump(_READY, out)
    out.flush()
    while True:
        try:
            tflite, inputs = pickle.load(sys.stdin.buffer)  # noqa: S301 (ours)
        except EOFError:
            return
        answer: Any
        try:
            interpreter = runtime.Interpreter.from_bytes(int8_tables.with_tables(tflite), arena_size=_ARENA)
            outputs = []
            for one in inputs:
                interpreter.set_input(one, 0)
                interpreter.invoke()
                outputs.append(np.array(interpreter.get_output(0)))
            answer = np.stack(outputs)
        except Exception as caught:
            answer = f"{type(caught).__name__}: {caught}".splitlines()[0]
        pickle.dump(answer, out)
        out.flush()


class Reference:
    """Asks the interpreter, and starts another one when it dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reference:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def outputs(self, tflite: bytes, inputs: NDArray[Any]) -> NDArray[Any] | str:
        """[n, ...], or why it gives none.

        Raises:
            RuntimeError: there is no interpreter.
        """
        if self._process is None:
            self._process = _start()
        assert self._process.stdin is not None
        try:
            pickle.dump((tflite, inputs), self._process.stdin)
            self._process.stdin.flush()
            answer: NDArray[Any] | str = _answer(self._process)
        except (EOFError, OSError):
            code = self._process.wait()
            self.close()
            return f"the interpreter ends with {code}"
        except TimeoutError:
            self.close()
            return "the interpreter does not answer"
        return answer


def _answer(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], _SECONDS)[0]:
        raise TimeoutError
    return pickle.load(process.stdout)  # noqa: S301 (ours)


def _start() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.differential.reference"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    try:
        ready = _answer(process)
    except (EOFError, TimeoutError) as caught:
        process.kill()
        raise RuntimeError("the official interpreter does not start") from caught
    assert ready == _READY
    return process


if __name__ == "__main__":
    _serve()
