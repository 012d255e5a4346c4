"""\"CALL_ONCE is not in TensorFlow Lite Micro\": it is. The list is held against the official interpreter."""

from __future__ import annotations

import os
import tempfile

import pytest

from tests.compiler.graphs import Graph
from toolkit.errors import ModelError
from toolkit.tflite import description
from toolkit.tflm import operators

runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
ABSENT = "LSTM"


def _has(kind: str) -> bool:
    """Whether the interpreter finds a kernel: it looks for all operators in turn before it prepares any."""
    g = Graph()
    a, b, c = (g.tensor((1, 4), "float32") for _ in range(3))
    g.operator(kind, [a], [b], "VarHandleOptions" if kind == "VAR_HANDLE" else "")
    g.operator(ABSENT, [b], [c])
    with tempfile.TemporaryFile() as heard:
        kept = os.dup(2)
        os.dup2(heard.fileno(), 2)
        try:
            with pytest.raises(RuntimeError):
                runtime.Interpreter.from_bytes(g.file(a, c), arena_size=100_000)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        heard.seek(0)
        said = heard.read().decode(errors="replace")
    assert "op code" in said, said
    return said.rstrip().endswith(f"op code {ABSENT}")


def test_the_list_is_the_interpreters() -> None:
    kinds = set(description.names("BuiltinOperator").values())
    kinds -= {"CUSTOM", ABSENT, "PLACEHOLDER_FOR_GREATER_OP_CODES", "DELEGATE"}
    assert {kind for kind in kinds if _has(kind)} == operators.METHODS.keys() | operators.STATE


@pytest.mark.parametrize("kind", sorted(operators.STATE))
def test_what_keeps_a_state_is_refused_as_that(kind: str) -> None:
    with pytest.raises(ModelError, match=f"operator {kind} keeps a state") as caught:
        operators.check((operators.Use(kind, 0, False, 0),), arduino=False)
    assert "not in TensorFlow Lite Micro" not in caught.value.message
