"""The AVR kernels against exact arithmetic, in C under sanitizers and in assembly on an emulated ATmega328P."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.uno import kernel_programs
from tests.uno.kernel_programs import array
from toolkit import resources
from toolkit.compiler import compile_model, fixedpoint
from toolkit.compiler.isa import avr
from toolkit.errors import DoesNotFitError

Run = Callable[[Path, str], bytes]
RUNS = [
    pytest.param(kernel_programs.on_host, id="host"),
    pytest.param(kernel_programs.on_avr, id="avr", marks=pytest.mark.emulator),
]
LARGEST = (1 << 23) - 1


def _scaled(x: NDArray[np.int64], multiplier: int, right: int) -> NDArray[np.int64]:
    return fixedpoint.multiply(x, multiplier, -right)


def _scale_cases() -> list[tuple[int, int, list[int]]]:
    """(multiplier, right shift, sums): ends of every range, and both sides of every rounding near zero."""
    dice = np.random.default_rng(3)
    cases = []
    for right in (1, 2, 7, 8, 9, 10, 11, 16, 22, 23):
        for multiplier in (1 << 30, (1 << 31) - 1, int(dice.integers(1 << 30, 1 << 31))):
            # The compiler lets only sums through whose result fits 16 bits.
            bound = min(LARGEST, ((1 << 15) - 2) << right)
            half = (1 << (30 + right)) // multiplier  # where the result turns from 0 to 1
            sums = [0, 1, -1, bound, -bound, half, -half, half + 1, -half - 1, half - 1, 1 - half]
            sums = [max(-bound, min(bound, x)) for x in sums]
            sums += [int(x) for x in dice.integers(-bound, bound + 1, 9)]
            cases.append((multiplier, right, sums))
    return cases


@pytest.mark.parametrize("run", RUNS)
def test_scaling_is_the_references_for_every_shift(tmp_path: Path, run: Run) -> None:
    cases = _scale_cases()
    body = [
        array("int32_t", "multipliers", (m for m, _, _ in cases)),
        array("int8_t", "shifts", (-r for _, r, _ in cases)),
        array("int32_t", "zeros", (0 for _ in cases)),
        array("int32_t", "sums", (x for _, _, sums in cases for x in sums)),
        "static const aot_avr_scale_t scale = {zeros, multipliers, shifts, 0, 0, -128, 127};\n",
        "static void program(void) {\n  const int32_t *x = sums;\n"
        f"  for (uint8_t i = 0; i < {len(cases)}; ++i) {{\n    aot_avr_channel_t channel;\n"
        "    aot_avr_load(&channel, &scale, i);\n"
        f"    for (uint8_t k = 0; k < {len(cases[0][2])}; ++k, ++x) {{\n"
        "      const uint16_t y = (uint16_t)aot_avr_multiply((aot_s24_t)AOT_S32(x), &channel);\n"
        "      emit((uint8_t)y);\n      emit((uint8_t)(y >> 8));\n    }\n  }\n}\n",
    ]
    wanted = np.concatenate([_scaled(np.array(sums, np.int64), m, r) for m, r, sums in cases])
    got = np.frombuffer(run(tmp_path, "".join(body)), "<i2")[: len(wanted)]
    np.testing.assert_array_equal(got, wanted)


def _outputs(
    sums: NDArray[np.int64], multiplier: NDArray[np.int64], right: NDArray[np.int64], zero: int, table: NDArray[np.int8]
) -> NDArray[np.int8]:
    """Requantised sums [..., channels] after the table."""
    scaled = np.stack(
        [_scaled(sums[..., c], int(multiplier[c]), int(right[c])) for c in range(len(multiplier))], axis=-1
    )
    return table[np.clip(scaled + zero, -128, 127) + 128]


def _scale_arrays(dice: np.random.Generator, channels: int) -> tuple[str, NDArray[np.int64], NDArray[np.int64]]:
    multiplier = dice.integers(1 << 30, 1 << 31, channels)
    right = dice.integers(8, 12, channels)
    return (
        array("int32_t", "multipliers", multiplier) + array("int8_t", "shifts", -right),
        multiplier,
        right,
    )


# in_h, in_w, in_c, kernel_h, kernel_w, stride, out_c
SHAPES = [
    (28, 28, 1, 3, 3, 1, 3),  # the proposed model's first layer, and its second
    (13, 13, 3, 3, 3, 1, 4),
    (9, 11, 2, 5, 2, 1, 5),
    (12, 8, 4, 1, 1, 1, 2),
    (13, 11, 5, 3, 2, 2, 3),
    (6, 6, 21, 2, 3, 1, 2),
    (8, 8, 16, 1, 2, 2, 1),
]


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_convolution_with_pool(tmp_path: Path, run: Run, shape: tuple[int, ...]) -> None:
    in_h, in_w, in_c, kernel_h, kernel_w, stride, out_c = shape
    dice = np.random.default_rng(sum(shape))
    image = dice.integers(-128, 128, (in_h, in_w, in_c))
    image[: in_h // 2] = np.where(dice.random((in_h // 2, in_w, in_c)) < 0.5, -128, 127)  # the largest products
    weights = dice.integers(-127, 128, (out_c, kernel_h, kernel_w, in_c))
    bias = dice.integers(-20_000, 20_000, out_c)
    table = np.sort(dice.integers(-128, 128, 256)).astype(np.int8)
    zero = int(dice.integers(-128, 128))
    scale, multiplier, right = _scale_arrays(dice, out_c)
    conv_h, conv_w = (in_h - kernel_h) // stride + 1, (in_w - kernel_w) // stride + 1
    out_h, out_w = conv_h // 2, conv_w // 2
    patches = np.lib.stride_tricks.sliding_window_view(image, (kernel_h, kernel_w), axis=(0, 1))[::stride, ::stride]
    sums = np.einsum("yxcij,oijc->yxo", patches, weights)[: 2 * out_h, : 2 * out_w] + bias
    pooled = sums.reshape(out_h, 2, out_w, 2, out_c).max(axis=(1, 3))
    wanted = _outputs(pooled, multiplier, right, zero, table)
    row, taps = in_w * in_c, kernel_h * kernel_w * in_c
    body = [
        array("int8_t", "weights", weights.reshape(-1)),
        array("int32_t", "bias", bias),
        array("int8_t", "table", table),
        scale,
        array("int8_t", "pixels", image.reshape(-1)),
        f"#define AOT_NAME most\n#define AOT_KERNEL_H {kernel_h}\n#define AOT_KERNEL_ROW {kernel_w * in_c}\n"
        f"#define AOT_STEP {stride * in_c}\n#define AOT_STEP_ROW {stride * row}\n#define AOT_ROW {row}\n"
        '#include "aot_most4_avr.h"\n',
        f"static const aot_conv_pool2_avr_t layer AOT_CONST = {{weights, {taps}, {out_h}, {out_w}, {out_c}, "
        f"{2 * stride * in_c}, {2 * stride * row}, most, {{bias, multipliers, shifts, table, {zero}, -128, 127}}}};\n",
        f"static int8_t input[{image.size}], output[{wanted.size}], scratch[{taps}];\n",
        "static void program(void) {\n  AOT_COPY(input, pixels, sizeof input);\n"
        "  aot_conv_pool2_avr(&layer, input, output, scratch);\n"
        "  for (uint16_t i = 0; i < sizeof output; ++i) emit((uint8_t)output[i]);\n}\n",
    ]
    got = np.frombuffer(run(tmp_path, "".join(body)), np.int8)[: wanted.size]
    np.testing.assert_array_equal(got.reshape(wanted.shape), wanted)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(
    ("shape", "out_c"),
    [((5, 6, 3, 3, 2, 1), 4), ((4, 4, 13, 1, 1, 1), 5), ((7, 5, 6, 3, 3, 1), 0), ((9, 9, 2, 3, 4, 2), 0)],
    ids=str,
)
def test_convolution_over_all_channels_and_depthwise(
    tmp_path: Path, run: Run, shape: tuple[int, ...], out_c: int
) -> None:
    """`out_c` 0: depthwise."""
    in_h, in_w, in_c, kernel_h, kernel_w, stride = shape
    dice = np.random.default_rng(sum(shape) + out_c)
    depthwise, out_c = not out_c, out_c or in_c
    image = np.where(dice.random((in_h, in_w, in_c)) < 0.5, -128, dice.integers(-128, 128, (in_h, in_w, in_c)))
    weights = dice.integers(-127, 128, (out_c, kernel_h, kernel_w, 1 if depthwise else in_c))
    bias = dice.integers(-20_000, 20_000, out_c)
    table = np.sort(dice.integers(-128, 128, 256)).astype(np.int8)
    zero = int(dice.integers(-128, 128))
    scale, multiplier, right = _scale_arrays(dice, out_c)
    patches = np.lib.stride_tricks.sliding_window_view(image, (kernel_h, kernel_w), axis=(0, 1))[::stride, ::stride]
    sums = np.einsum(
        "yxoij,oij->yxo" if depthwise else "yxcij,oijc->yxo", patches, weights[..., 0] if depthwise else weights
    )
    wanted = _outputs(sums + bias, multiplier, right, zero, table)
    row, (out_h, out_w, _) = in_w * in_c, wanted.shape
    elements, step = (kernel_w, in_c) if depthwise else (kernel_w * in_c, 1)
    window = (kernel_h * elements, kernel_h, elements, int(depthwise))
    fields = (*window, out_h, out_w, out_c, step, row, stride * in_c, stride * row)
    body = [
        array("int8_t", "weights", weights.reshape(-1)),
        array("int32_t", "bias", bias),
        array("int8_t", "table", table),
        scale,
        array("int8_t", "pixels", image.reshape(-1)),
        f"static const aot_conv_avr_t layer AOT_CONST = {{weights, {', '.join(map(str, fields))}, "
        f"{{bias, multipliers, shifts, table, {zero}, -128, 127}}}};\n",
        f"static int8_t input[{image.size}], output[{wanted.size}], scratch[{kernel_h * elements}];\n",
        "static void program(void) {\n  AOT_COPY(input, pixels, sizeof input);\n"
        "  aot_conv_avr(&layer, input, output, scratch);\n"
        "  for (uint16_t i = 0; i < sizeof output; ++i) emit((uint8_t)output[i]);\n}\n",
    ]
    got = np.frombuffer(run(tmp_path, "".join(body)), np.int8)[: wanted.size]
    np.testing.assert_array_equal(got.reshape(wanted.shape), wanted)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(("rows", "inputs", "outputs"), [(1, 100, 5), (1, 1, 1), (3, 300, 7)])
def test_dense(tmp_path: Path, run: Run, rows: int, inputs: int, outputs: int) -> None:
    dice = np.random.default_rng(inputs)
    data = dice.integers(-128, 128, (rows, inputs))
    weights = np.where(dice.random((outputs, inputs)) < 0.5, -127, dice.integers(-127, 128, (outputs, inputs)))
    bias = dice.integers(-30_000, 30_000, outputs)
    scale, multiplier, right = _scale_arrays(dice, outputs)
    identity = np.arange(-128, 128).astype(np.int8)
    wanted = np.clip(_outputs(data @ weights.T + bias, multiplier, right, -7, identity), -100, 90)
    body = [
        array("int8_t", "weights", weights.reshape(-1)),
        array("int32_t", "bias", bias),
        scale,
        array("int8_t", "values", data.reshape(-1)),
        f"static const aot_dense_avr_t layer AOT_CONST = {{weights, {inputs}, {rows}, {outputs}, "
        "{bias, multipliers, shifts, 0, -7, -100, 90}};\n",
        f"static int8_t input[{data.size}], output[{wanted.size}];\n",
        "static void program(void) {\n  AOT_COPY(input, values, sizeof input);\n"
        "  aot_dense_avr(&layer, input, output);\n"
        "  for (uint16_t i = 0; i < sizeof output; ++i) emit((uint8_t)output[i]);\n}\n",
    ]
    got = np.frombuffer(run(tmp_path, "".join(body)), np.int8)[: wanted.size]
    np.testing.assert_array_equal(got.reshape(wanted.shape), wanted)


def test_constants_that_lpm_does_not_reach_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 64 KiB they would be read at wrong addresses, and nothing would say so."""
    tflite = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
    constants = compile_model(tflite, isa="avr", fpu=False).constants_bytes

    def limited_to(reach: int) -> None:
        monkeypatch.setattr(avr, "ISA", dataclasses.replace(avr.ISA, constants_limit=reach))

    limited_to(constants)
    compile_model(tflite, isa="avr", fpu=False)
    limited_to(constants - 1)
    with pytest.raises(DoesNotFitError, match=f"constants take {constants:,} bytes, and an AVR reaches"):
        compile_model(tflite, isa="avr", fpu=False)
    compile_model(tflite, isa="armv6m", fpu=False)
