"""TensorFlow Lite Micro held against LiteRT: what differs, where, and which of the two is off."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.compiler.graphs import Graph
from toolkit import reference, resources
from toolkit.artifacts import Agreement, ElementType, from_jsonable, to_jsonable
from toolkit.artifacts.agreement import LITERT, TFLM
from toolkit.data.scaling import UNIT
from toolkit.reference import agreement
from toolkit.reference.opened import opened
from toolkit.tflite.ends import ends_of

RNG = np.random.default_rng(7)


def sum_network(dtype: str) -> bytes:
    """[1, 4, 60] -> SUM over the last axis -> [1, 4], int8 or the same in float32."""
    graph = Graph()
    int8 = dtype == "int8"
    source = graph.tensor((1, 4, 60), dtype, 0.02 if int8 else None, 3)
    axes = graph.tensor((1,), "int32", data=np.array([2]))
    sink = graph.tensor((1, 4), dtype, 0.3 if int8 else None, -5)
    graph.operator("SUM", (source, axes), (sink,), "ReducerOptions", keepDims=False)
    return graph.file(source, sink)


def free_batch_network() -> bytes:
    """SPACE_TO_BATCH_ND, RELU and back, the shapes written down as if a batch of 1 stayed a batch of 1."""
    graph = Graph()
    source = graph.tensor((1, 8, 1, 2), "float32")
    block = graph.tensor((2,), "int32", data=np.array([2, 1]))
    none = graph.tensor((2, 2), "int32", data=np.zeros((2, 2), np.int32))
    between = graph.tensor((1, 4, 1, 2), "float32")  # in truth (2, 4, 1, 2)
    rectified = graph.tensor((1, 4, 1, 2), "float32")
    sink = graph.tensor((1, 8, 1, 2), "float32")
    graph.operator("SPACE_TO_BATCH_ND", (source, block, none), (between,), "SpaceToBatchNDOptions")
    graph.operator("RELU", (between,), (rectified,))
    graph.operator("BATCH_TO_SPACE_ND", (rectified, block, none), (sink,), "BatchToSpaceNDOptions")
    return graph.file(source, sink)


def int8_inputs(tflite: bytes, count: int = 20) -> np.ndarray:
    spec = ends_of(tflite).input
    return RNG.integers(-128, 128, (count, *spec.shape[1:])).astype(np.int8)


def shipped(name: str, dtype: str) -> bytes:
    return (resources.models() / name / f"{name}_{dtype}.tflite").read_bytes()


def test_litert_s_own_sum_is_found_and_the_float32_network_says_whose_fault_it_is() -> None:
    tflite = sum_network("int8")
    found = agreement.compare(tflite, [int8_inputs(tflite)], sum_network("float32"))
    assert found.operator == "SUM (operator 0)"
    assert found.operator_difference == found.largest > 1
    assert found.differing > 0
    assert not found.agrees
    assert found.nearer == TFLM
    assert "LiteRT is at fault" in found.in_words


def test_without_a_third_voice_none_is_blamed() -> None:
    tflite = sum_network("int8")
    found = agreement.compare(tflite, [int8_inputs(tflite)])
    assert not found.agrees
    assert not found.nearer
    assert "either may be at fault" in found.in_words


def test_a_free_batch_that_tflm_gets_wrong_is_found() -> None:
    tflite = free_batch_network()
    inputs = RNG.uniform(-1, 1, (5, 8, 1, 2)).astype(np.float32)
    found = agreement.of(tflite, [inputs])
    assert found.operator == "SPACE_TO_BATCH_ND (operator 0)"
    assert found.differing == 5
    assert "may not compute what was trained" in found.in_words


@pytest.mark.parametrize("name", ["proposed", "initial"])
@pytest.mark.parametrize("dtype", ["int8", "int8_per_tensor", "float32"])
def test_shipped_networks_agree(name: str, dtype: str) -> None:
    tflite = shipped(name, dtype)
    images = RNG.integers(0, 256, (8, 28, 28)).astype(np.uint8)
    found = agreement.compare(tflite, [reference.quantise(tflite, images, UNIT)])
    assert found.agrees, found.in_words
    assert found.inputs == 8


def test_rounding_that_adds_up_is_told_from_an_operator_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteRT's dense layers round otherwise by a step, and a steep softmax makes many of it."""
    tflite = shipped("initial", "int8_per_tensor")
    found = agreement.compare(tflite, [int8_inputs(tflite, 100)])
    assert found.agrees
    assert found.largest > 1
    assert "rounding that adds up" in found.in_words
    monkeypatch.setattr(agreement, "_STEPS", 0)
    assert not agreement.compare(tflite, [int8_inputs(tflite, 100)]).agrees


def test_a_network_taken_apart_computes_each_operator_from_what_it_is_given() -> None:
    apart = opened(shipped("proposed", "int8"))
    assert len(apart.operators) == 11
    assert [name.split()[0] for name, _ in apart.operators][:3] == ["CONV_2D", "LEAKY_RELU", "MAX_POOL_2D"]
    assert len(apart.given) == 10  # every result but the last is somebody's input


def test_the_third_voice_may_be_for_either() -> None:
    """The same answers once as TFLM's and once as LiteRT's."""
    tflite, third = sum_network("int8"), sum_network("float32")
    inputs = [int8_inputs(tflite)]
    answers = agreement._ask(tflite, ends_of(tflite), inputs)
    swapped = dataclasses.replace(answers, tflm=answers.litert, litert=answers.tflm)
    assert agreement._nearer(tflite, inputs, answers, third) == TFLM
    assert agreement._nearer(tflite, inputs, swapped, third) == LITERT
    assert agreement._nearer(tflite, inputs, dataclasses.replace(answers, litert=answers.tflm), third) == ""


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (np.array([1, 2], np.int8), np.array([1, -2], np.int8), 4.0),
        (np.array([127], np.int8), np.array([-128], np.int8), 255.0),
        (np.array([0.5, 1.0]), np.array([0.0, 2.0]), 0.5),
        (np.array([0.5]), np.array([0.0]), 0.5),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), 0.0),
        (np.array([np.nan, 1.0]), np.array([1.0, 1.0]), -1.0),
        (np.array([np.inf]), np.array([-np.inf]), -1.0),
        (np.zeros((1, 2)), np.zeros((2, 1)), -1.0),
        (np.zeros(0), np.zeros(0), 0.0),
    ],
)
def test_difference(mine: np.ndarray, theirs: np.ndarray, expected: float) -> None:
    assert agreement.difference(mine, theirs) == expected


def test_what_cannot_be_compared_says_why_and_is_no_disagreement() -> None:
    broken = b"\x1c\0\0\0TFL3" + bytes(40)
    found = agreement.of(broken, [np.zeros((1, 4), np.int8)])
    assert found.agrees
    assert found.inputs == 0
    assert found.in_words.startswith("not held against LiteRT: ")


def test_it_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "SECONDS", 0.0)
    tflite = shipped("proposed", "int8")
    assert agreement.compare(tflite, [int8_inputs(tflite, 50)]).inputs == 1


def test_round_trip() -> None:
    found = Agreement(ElementType.INT8, 20, 3, 48.0, 1, "SUM (operator 0)", 48.0, TFLM)
    assert from_jsonable(Agreement, to_jsonable(found)) == found


def test_an_operator_that_hands_its_own_results_on_may_round_more() -> None:
    limits = [agreement._limit(f"{name} (operator 3)", False) for name in ("SUM", "UNIDIRECTIONAL_SEQUENCE_LSTM")]
    assert limits == [1, 8]
    assert agreement._limit("WHILE (operator 3)", True) == 1e-5
