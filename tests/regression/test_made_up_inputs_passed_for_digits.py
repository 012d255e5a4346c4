"""Every network of 784 inputs was scored as if it read digits; all others got random tensors and nobody was told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from tests.report import samples
from toolkit import resources, workloads
from toolkit.artifacts import Build, DType, ElementType, TensorSpec, sha256_of
from toolkit.data.digits import choice
from toolkit.errors import UsageError
from toolkit.selection import Selection
from toolkit.tflite.ends import Ends, ends_of

SHARED = Path(__file__).parents[2].parent / "shared" / "cases"


def _io(source: tuple[int, ...], outputs: tuple[int, ...]) -> Ends:
    return Ends(
        (TensorSpec("in", source, ElementType.INT8, 1 / 255, -128),),
        (TensorSpec("out", outputs, ElementType.INT8, 1 / 256, -128),),
    )


@pytest.mark.parametrize(
    ("source", "outputs", "digits"),
    [
        ((1, 28, 28), (1, 10), True),
        ((1, 28, 28, 1), (1, 10), True),
        ((1, 784), (1, 10), True),
        ((1, 784), (1, 784), False),
        ((1, 49, 16), (1, 4), False),
        ((1, 49, 16), (1, 10), False),
        ((1, 14, 56, 1), (1, 10), False),
        ((1, 28, 28, 1), (1, 26), False),
        ((1, 28, 28, 3), (1, 10), False),
    ],
)
def test_digits_only_for_28_by_28_and_ten_outputs(
    source: tuple[int, ...], outputs: tuple[int, ...], digits: bool
) -> None:
    assert choice.suits(source, _io(source, outputs).output.elements) is digits


def a_build(folder: Path, tflite: bytes, dtype: DType = DType.INT8) -> Build:
    """A build of this model."""
    model = folder / "model.tflite"
    model.write_bytes(tflite)
    return dataclasses.replace(samples.build(), model_path=model, model_sha256=sha256_of(tflite), dtype=dtype)


def windowed(side: int = 4) -> bytes:
    """int8 [1, side, side, 1] -> its negative range of the same shape: a network that reads no digits."""
    graph = Graph()
    source, output = (graph.tensor((1, side, side, 1), scale=0.05) for _ in range(2))
    graph.operator("RELU", [source], [output])
    return graph.file(source, output)


def test_what_was_made_up_is_said_and_gets_no_score(tmp_path: Path) -> None:
    assembled = workloads.assemble(a_build(tmp_path, windowed()), Selection(limit=7))
    (work,) = assembled.workloads
    assert (work.set, len(work.inputs), work.labels) == ("random", 7, None)
    assert assembled.inputs.told == "7 made-up inputs: every element at random from all int8 values, seed 707"


def test_what_digits_were_sent_is_said() -> None:
    shipped = resources.models() / "proposed" / "proposed_int8.tflite"
    build = dataclasses.replace(samples.build(), model_path=shipped, model_sha256=sha256_of(shipped.read_bytes()))
    told = workloads.prepare(build, Selection(limit=0)).told
    assert told == "10 hand-drawn ones; pixels as 0..1, as the input's quantisation tells"


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(truth="y"), "--truth says how a set of your own is read"),
        (Selection(classes=("a", "b")), "--classes says how a set of your own is read"),
        (Selection(images=Path("x")), "--images is for networks that read digits"),
        (Selection(scale="0..1"), "--scale is for networks that read digits"),
        (Selection(limit=0), "--limit 0 leaves nothing to send"),
    ],
)
def test_an_option_that_cannot_apply_is_an_error(tmp_path: Path, selection: Selection, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        workloads.prepare(a_build(tmp_path, windowed()), selection)
    assert caught.value.exit_code == 2


def test_data_of_which_nothing_is_sent_is_an_error() -> None:
    shipped = resources.models() / "proposed" / "proposed_int8.tflite"
    build = dataclasses.replace(samples.build(), model_path=shipped, model_sha256=sha256_of(shipped.read_bytes()))
    with pytest.raises(UsageError, match="--limit 0 sends nothing of --data"):
        workloads.prepare(build, Selection(limit=0, data=Path("x")))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the cases are not beside this checkout")
@pytest.mark.parametrize("name", ["keyword_49x16_int8", "autoencoder_784_int8"])
def test_the_cases_that_were_taken_for_digits(name: str) -> None:
    io = ends_of((SHARED / f"{name}.tflite").read_bytes())
    assert not choice.suits(io.input.shape, io.output.elements)


def test_float32_inputs_are_said_too(tmp_path: Path) -> None:
    graph = Graph()
    source, output = (graph.tensor((1, 5), "float32") for _ in range(2))
    graph.operator("RELU", [source], [output])
    assembled = workloads.assemble(a_build(tmp_path, graph.file(source, output), DType.FLOAT32), Selection())
    assert assembled.inputs.told == "100 made-up inputs: every element at random from -1 to 1, seed 707"
    sent = assembled.workloads[0].inputs.view("<f4")
    assert sent.shape == (100, 5)
    assert np.abs(sent).max() <= 1
