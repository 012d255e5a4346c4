"""A sound device was blamed: an LSTM's state went on from one input to the next, on the device as on the host, until
the host began anew with the next set and the device did not. Answers that are asked for again were others, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.tflm.models import shipped
from toolkit import process, reference
from toolkit.emulate.host_tflm import Interpreter
from toolkit.errors import ModelError
from toolkit.runtimes.tflm import Library, prepare
from toolkit.tflite import describe

pytest.importorskip("tflite_micro")


def filtered() -> bytes:
    """A float32 SVDF of two units over four moments: its state holds the last ones."""
    rng = np.random.default_rng(7)
    g = Graph()
    source, output = g.tensor((1, 3), "float32"), g.tensor((1, 2), "float32")
    feature = g.tensor((2, 3), "float32", data=rng.normal(size=(2, 3)))
    time = g.tensor((2, 4), "float32", data=rng.normal(size=(2, 4)))
    bias, state = g.tensor((2,), "float32", data=np.zeros(2)), g.tensor((1, 8), "float32")
    g.graph.tensors[state].isVariable = True
    g.operator("SVDF", [source, feature, time, bias, state], [output], "SVDFOptions", rank=1)
    return g.file(source, output)


@pytest.mark.parametrize("package", ["tflite_micro", "ai_edge_litert"])
def test_the_same_input_has_the_same_output_on_the_host(package: str) -> None:
    tflite = filtered()
    assert describe(tflite).keeps_state
    one, other = np.full((1, 3), 0.5, np.float32), np.full((1, 3), -2.0, np.float32)
    rows = reference.expected_outputs(tflite, np.concatenate([one, other, one]), interpreter=package)
    assert rows[0].tobytes() == rows[2].tobytes() != rows[1].tobytes()


def test_and_on_the_host_board() -> None:
    interpreter = Interpreter(filtered())
    one, other = (np.full(3, value, np.float32).tobytes() for value in (0.5, -2.0))
    first = interpreter.invoke(one)
    assert interpreter.invoke(other) != first
    assert interpreter.invoke(one) == first


def test_an_engine_forgets_only_where_there_is_something_to_forget() -> None:
    library = Library("libtensorflow-microlite.a", ("",), (), "0" * 64)
    assert "kKeepsState = true;" in prepare(filtered(), library).generated["tflm_config.h"]
    assert "kKeepsState = false;" in prepare(shipped("int8"), library).generated["tflm_config.h"]


def test_a_model_of_which_the_interpreter_dies_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial in a process of its own ended with a NameError before it had computed anything."""
    path = tmp_path / "net.tflite"
    path.write_bytes(shipped("int8"))
    ended: list[int] = []
    run = process.run

    def noted(*args: Any, **more: Any) -> Any:
        done = run(*args, **more)
        ended.append(done.returncode)
        return done

    monkeypatch.setattr(process, "run", noted)
    reference.probe(path)
    assert ended == [0]
    with pytest.raises(ModelError, match="dies of net"):
        reference.probe(path, "import os; os.abort()")
