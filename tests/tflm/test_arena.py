"""The arena: from the interpreter's own figures, for 32-bit pointers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.tflm import headers
from tests.tflm.models import shipped, with_operator
from tests.tflm.tools import run
from toolkit.errors import ModelError
from toolkit.tflm import arena, figures

SIZES = """
#include "tensorflow/lite/micro/memory_planner/greedy_memory_planner.h"
#include "tensorflow/lite/micro/micro_allocation_info.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
static_assert(sizeof(TfLiteEvalTensor) == {TFLITE_EVAL_TENSOR}, "");
static_assert(sizeof(TfLiteTensor) == {TFLITE_TENSOR}, "");
static_assert(sizeof(TfLiteAffineQuantization) == {TFLITE_AFFINE_QUANTIZATION}, "");
static_assert(sizeof(tflite::NodeAndRegistration) == {NODE_AND_REGISTRATION}, "");
static_assert(sizeof(tflite::AllocationInfo) == {ALLOCATION_INFO}, "");
static_assert(sizeof(tflite::internal::ScratchBufferRequest) == {SCRATCH_BUFFER_REQUEST}, "");
static_assert(sizeof(tflite::ScratchBufferHandle) == {SCRATCH_BUFFER_HANDLE}, "");
"""


@pytest.fixture(scope="module")
def measured() -> figures.HostFigures:
    return figures.measure(shipped("int8"))


def test_sizes_are_those_of_the_real_headers_for_cortex_m(tmp_path: Path) -> None:
    source = tmp_path / "sizes.cc"
    source.write_text(SIZES.format(**vars(arena)))
    run("arm-none-eabi-g++", "-mcpu=cortex-m4", "-mthumb", "-std=c++17", "-fsyntax-only", *headers.options(), source)


def test_the_interpreter_names_its_parts(measured: figures.HostFigures) -> None:
    # Two LeakyReLU and their pools, three dense tensors ...: the counts are the model's own.
    shape = arena.shape_of(shipped("int8"))
    assert measured.records["TfLiteEvalTensor data"].count == shape.tensors == 21
    assert measured.records["NodeAndRegistration struct"].count == shape.operators == 11
    assert measured.records["Persistent TfLiteTensor data"].count == 2
    assert measured.head % 16 == 0
    # The first convolution's output and the LeakyReLU's are alive together: 2 x 26 x 26 x 3, rounded up to 16 each.
    assert measured.head == 2 * 2032


def test_the_arena_lies_between_the_tensors_and_the_64_bit_figure(measured: figures.HostFigures) -> None:
    made = arena.size(measured, arena.shape_of(shipped("int8")))
    assert measured.head < made.need < made.host == measured.head + measured.tail
    assert made.size % 16 == 0
    assert made.size >= made.need + made.margin


def test_more_of_anything_never_needs_less(measured: figures.HostFigures) -> None:
    shape = arena.shape_of(shipped("int8"))
    base = arena.size(measured, shape).size
    assert arena.size(dataclasses.replace(measured, head=measured.head + 160), shape).size == base + 160
    assert arena.size(dataclasses.replace(measured, tail=measured.tail + 160), shape).size == base + 160
    for name in ("tensors", "computed", "operators", "subgraphs", "scratch_buffers", "prepare", "scratch"):
        more = dataclasses.replace(shape, **{name: getattr(shape, name) + 100})
        assert arena.size(measured, more).size >= base


def test_a_network_of_many_small_tensors_gets_room_for_planning(measured: figures.HostFigures) -> None:
    shape = dataclasses.replace(arena.shape_of(shipped("int8")), tensors=200, computed=100)
    tiny = dataclasses.replace(measured, head=16)
    planning = arena.ALLOCATION_INFO * 200 + arena.PLANNER_PER_BUFFER * 100
    assert arena.size(tiny, shape).need > planning


def test_a_model_that_the_interpreter_refuses_is_refused_with_its_words() -> None:
    with pytest.raises(ModelError, match=r"TensorFlow Lite Micro refuses the model: .*CONV_3D"):
        figures.measure(with_operator(shipped("int8"), "SOFTMAX", "CONV_3D"))


def test_a_crash_of_the_interpreter_is_one_clear_error() -> None:
    with pytest.raises(ModelError, match="TensorFlow Lite Micro refuses the model"):
        figures.measure(b"\xff\xff\xff\x7fTFL3" + bytes(64))


def test_an_account_in_another_form_is_one_clear_error() -> None:
    with pytest.raises(ModelError, match="not in the known form"):
        figures.parse("Arena allocation total 12 bytes")
