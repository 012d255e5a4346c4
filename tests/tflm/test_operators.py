"""Operators: named as in the schema, registered as in TFLM's header, and refused with the reason."""

from __future__ import annotations

import re

import pytest
import tflite

from tests.tflm import headers
from tests.tflm.models import shipped, with_operator, with_schema_version
from toolkit.errors import ModelError
from toolkit.runtimes.tflm import operators

# Later than the headers of the test dependency, which were cut from TFLM in 2024.
NEWER_THAN_HEADERS = {"DYNAMIC_UPDATE_SLICE", "REDUCE_ALL", "REDUCE_MIN", "REVERSE_V2"}


def test_every_name_is_in_the_schema() -> None:
    assert {name for name in operators.METHODS if not hasattr(tflite.BuiltinOperator, name)} == set()
    assert set(operators.METHODS) >= operators.NO_INT8 | operators.NEWER_THAN_ARDUINO


def test_every_method_registers_its_operator_in_the_real_header() -> None:
    registers = {
        found["method"]: found["operator"]
        for found in re.finditer(
            r"TfLiteStatus (?P<method>Add\w+)\((?:(?!TfLiteStatus).)*?BuiltinOperator_(?P<operator>\w+)",
            headers.resolver(),
            re.DOTALL,
        )
    }
    assert len(registers) > 80
    for name, method in operators.METHODS.items():
        if name not in NEWER_THAN_HEADERS:
            assert registers.get(method) == name


def test_the_proposed_model_needs_six_methods_each_once() -> None:
    found = operators.uses(shipped("int8"))
    assert [use.name for use in found].count("CONV_2D") == 2
    assert operators.methods(found) == (
        "AddConv2D",
        "AddLeakyRelu",
        "AddMaxPool2D",
        "AddReshape",
        "AddFullyConnected",
        "AddSoftmax",
    )


def test_a_per_channel_dense_layer_is_refused_for_the_arduino_libraries_only() -> None:
    found = operators.uses(shipped("int8"))
    dense = [use.weight_scales for use in found if use.name == "FULLY_CONNECTED"]
    assert dense == [5, 10]
    operators.check(found, arduino=False)
    with pytest.raises(ModelError, match=r"FULLY_CONNECTED is quantised per channel \(5 scales\)") as caught:
        operators.check(found, arduino=True)
    assert "disable_per_channel" in caught.value.hint


def test_a_per_tensor_model_and_a_float_one_pass_for_the_arduino_libraries() -> None:
    for name in ("int8_per_tensor", "float32"):
        found = operators.uses(shipped(name))
        assert max(use.weight_scales for use in found if use.name == "FULLY_CONNECTED") <= 1
        operators.check(found, arduino=True)


def test_an_operator_without_an_int8_kernel_is_named() -> None:
    with pytest.raises(ModelError, match="operator EXP has no int8 kernel"):
        operators.check(operators.uses(with_operator(shipped("int8"), "SOFTMAX", "EXP")), arduino=False)
    operators.check(operators.uses(with_operator(shipped("float32"), "SOFTMAX", "EXP")), arduino=False)


def test_an_operator_newer_than_the_arduino_libraries_is_named() -> None:
    found = operators.uses(with_operator(shipped("int8_per_tensor"), "RESHAPE", "REVERSE_V2"))
    operators.check(found, arduino=False)
    with pytest.raises(ModelError, match="REVERSE_V2 is newer than the Arduino libraries"):
        operators.check(found, arduino=True)


@pytest.mark.parametrize(
    ("operator", "custom", "named"),
    [
        ("CONV_3D", None, "operator CONV_3D is not in TensorFlow Lite Micro"),
        ("CUSTOM", b"Mystery", "operator CUSTOM:Mystery is custom"),
        ("VAR_HANDLE", None, "operator VAR_HANDLE keeps a state"),
    ],
)
def test_an_operator_that_cannot_be_used_is_named(operator: str, custom: bytes | None, named: str) -> None:
    found = operators.uses(with_operator(shipped("int8"), "SOFTMAX", operator, custom))
    with pytest.raises(ModelError, match=named):
        operators.check(found, arduino=False)


def test_all_that_stands_in_the_way_is_named() -> None:
    tflite = with_operator(with_operator(shipped("int8"), "SOFTMAX", "CONV_3D"), "LEAKY_RELU", "DILATE")
    with pytest.raises(ModelError, match="operators DILATE, CONV_3D are not in TensorFlow Lite Micro"):
        operators.check(operators.uses(tflite), arduino=False)


def test_another_version_of_the_schema_is_refused() -> None:
    with pytest.raises(ModelError, match="schema version 4, TensorFlow Lite Micro reads version 3"):
        operators.uses(with_schema_version(shipped("int8"), 4))


@pytest.mark.parametrize("damaged", [b"", b"nothing at all", b"\0\0\0\0TFL3"])
def test_a_file_that_is_no_model_is_one_clear_error(damaged: bytes) -> None:
    with pytest.raises(ModelError, match=r"no TensorFlow Lite model|a damaged|schema version 0"):
        operators.uses(damaged)
