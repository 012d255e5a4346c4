"""The arena: from the interpreter's own figures, for 32-bit pointers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.tflm import headers
from tests.tflm.models import shipped, with_operator
from tests.tflm.tools import run
from toolkit.errors import ModelError
from toolkit.runtimes.tflm import arena, cmsis_nn, figures
from toolkit.runtimes.tflm.cmsis_nn import Demand, Operator, Tensor
from toolkit.runtimes.tflm.planner import Buffer, planned
from toolkit.tflite import describe

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
    run(
        "arm-none-eabi-g++",
        "-mcpu=cortex-m4",
        "-mthumb",
        "-std=c++17",
        "-fsyntax-only",
        *headers.options(tmp_path),
        source,
    )


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
    for name in ("tensors", "computed", "operators", "subgraphs", "scratch_buffers", "prepare", "scratch", "lasting"):
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


@pytest.mark.parametrize("name", ["int8", "int8_per_tensor", "float32"])
def test_the_plan_is_the_interpreters_own(name: str) -> None:
    """Laid out here without scratch, it is as large as the head that the interpreter reports."""
    tflite = shipped(name)
    buffers = arena._buffers(describe(tflite).main)
    assert planned(buffers) == figures.measure(tflite).head


def test_a_plan_may_grow_by_more_than_the_buffer_that_is_added() -> None:
    """The scratch of 48 is placed first, at 0; then the two tensors no longer fit beside it as they did."""
    tensors = [Buffer(32, 1, 2), Buffer(32, 2, 3), Buffer(16, 3, 4)]
    assert planned(tensors) == 64
    assert planned([*tensors, Buffer(48, 2, 2)]) == 112
    assert planned([]) == 0


def int8(*shape: int) -> Tensor:
    return Tensor(shape, 1)


CONV_3X3X8 = Operator("CONV_2D", (int8(1, 8, 8, 8), int8(16, 3, 3, 8)), (int8(1, 8, 8, 16),))
DEPTHWISE_3X3X64 = Operator("DEPTHWISE_CONV_2D", (int8(1, 25, 5, 64), int8(1, 3, 3, 64)), (int8(1, 25, 5, 64),))
DENSE_128 = Operator("FULLY_CONNECTED", (int8(1, 640), int8(128, 640)), (int8(1, 128),))
POOL_64 = Operator("AVERAGE_POOL_2D", (int8(1, 25, 5, 64),), (int8(1, 1, 1, 64),))


@pytest.mark.parametrize(
    ("operator", "vector", "scratch", "sums"),
    [
        # The figures are what arm_*_wrapper_s8_get_buffer_size_mve and _dsp return, compiled and called by hand.
        (CONV_3X3X8, True, (4 * 80,), 0),
        (CONV_3X3X8, False, (4 * 72,), 0),
        (DEPTHWISE_3X3X64, True, (4 * 124 * 9,), 0),
        (DEPTHWISE_3X3X64, False, (2 * 9 * 64,), 0),
        (DENSE_128, True, (), 4 * 128),
        (DENSE_128, False, (), 0),
        (POOL_64, True, (0,), 0),
        (POOL_64, False, (4 * 64,), 0),
    ],
)
def test_what_optimised_kernels_ask(operator: Operator, vector: bool, scratch: tuple[int, ...], sums: int) -> None:
    assert cmsis_nn.demand(operator, vector=vector) == Demand(scratch, sums)


def test_float32_kernels_ask_nothing() -> None:
    tensors = (Tensor((1, 8, 8, 8), 4), Tensor((16, 3, 3, 8), 4))
    asked = cmsis_nn.demand(Operator("CONV_2D", tensors, (Tensor((1, 8, 8, 16), 4),)), vector=True)
    assert asked == Demand()


def test_an_input_that_is_left_out_or_strange_asks_nothing() -> None:
    for inputs in ((), (None, None), (int8(4), int8(4)), (int8(1, 8, 8, 8), None)):
        for name in ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"):
            assert cmsis_nn.demand(Operator(name, inputs, (int8(1, 8, 8, 16),)), vector=True) == Demand()
