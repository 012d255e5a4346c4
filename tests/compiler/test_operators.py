"""Every other operator on random shapes and scales against the official interpreter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler import engine
from tests.compiler.checks import bounded, check
from tests.compiler.graphs import ACTIVATIONS, Graph, activation, out_size, padding
from toolkit import reference
from toolkit.compiler import compile_model
from toolkit.errors import ModelError

NATIVE = (("native", "speed"),)
few = settings(bounded, max_examples=12)

scales = st.sampled_from([0.002, 0.0078125, 0.05, 0.2])
zeros = st.integers(-128, 127)
dtypes = st.sampled_from(["int8", "float32"])


def _tensor(g: Graph, shape: tuple[int, ...], dtype: str, scale: float, zero: int) -> int:
    return g.tensor(shape, dtype, scale if dtype == "int8" else None, zero if dtype == "int8" else 0)


@pytest.mark.parametrize(
    ("kind", "scale", "zero"),
    [
        ("RELU", None, None),
        ("RELU6", "same", "same"),
        ("LOGISTIC", 1 / 256, -128),
        ("TANH", 1 / 128, 0),
        ("HARD_SWISH", None, None),
        ("ABS", None, None),
        ("QUANTIZE", None, None),
    ],
)
def test_every_byte_of_the_int8_functions(kind: str, scale: float | str | None, zero: int | str | None) -> None:
    rng = np.random.default_rng(len(kind))
    everything = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 256)
    for _ in range(6):
        source_scale, source_zero = float(rng.choice([0.004, 0.02, 0.06, 0.11])), int(rng.integers(-128, 128))
        out_scale = source_scale if scale == "same" else scale or source_scale * float(rng.uniform(1.0, 2.0))
        out_zero = source_zero if zero == "same" else int(rng.integers(-128, 128)) if zero is None else zero
        if kind == "RELU6":
            source_zero = min(source_zero, 127 - int(6 / source_scale)) if source_scale > 0.03 else -128
            out_zero = source_zero
        g = Graph()
        source = g.tensor((1, 256), "int8", source_scale, source_zero)
        output = g.tensor((1, 256), "int8", float(out_scale), int(out_zero))
        options = {"HARD_SWISH": "HardSwishOptions", "ABS": "AbsOptions", "QUANTIZE": "QuantizeOptions"}.get(kind, "")
        g.operator(kind, [source], [output], options)
        tflite = g.file(source, output)
        model = compile_model(tflite, isa="native", fpu=True)
        np.testing.assert_array_equal(engine.run(model, everything), engine.reference(tflite, everything), err_msg=kind)


def test_int8_rsqrt_where_it_is_defined() -> None:
    for source_scale, out_scale in ((0.01, 0.06), (0.5, 0.012), (0.1, 0.03)):
        g = Graph()
        source, output = g.tensor((1, 256), "int8", source_scale, -128), g.tensor((1, 256), "int8", out_scale, -128)
        g.operator("RSQRT", [source], [output])
        tflite = g.file(source, output)
        model = compile_model(tflite, isa="native", fpu=True)
        everything = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 256)
        np.testing.assert_array_equal(engine.run(model, everything), engine.reference(tflite, everything))


@pytest.mark.parametrize("kind", ["EXP", "SQRT"])
def test_int8_functions_as_litert_has_them(kind: str) -> None:
    """TFLM has no int8 kernel for them, so the other official interpreter is the measure."""
    generator = np.random.default_rng(3)
    for _ in range(20):
        g = Graph()
        source_zero = -128 if kind == "SQRT" else int(generator.integers(-128, 128))
        source = g.tensor((1, 256), "int8", float(generator.uniform(0.002, 0.1)), source_zero)
        output = g.tensor((1, 256), "int8", float(generator.uniform(0.002, 0.1)), int(generator.integers(-128, 128)))
        g.operator(kind, [source], [output], "ExpOptions" if kind == "EXP" else "")
        tflite = g.file(source, output)
        everything = np.arange(-128, 128, dtype=np.int8).reshape(1, 256)
        official = Interpreter(model_content=tflite, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        official.allocate_tensors()
        official.set_tensor(official.get_input_details()[0]["index"], everything)
        official.invoke()
        expected = official.get_tensor(official.get_output_details()[0]["index"])
        model = compile_model(tflite, isa="native", fpu=True)
        np.testing.assert_array_equal(engine.run(model, everything[None])[0], expected)
        by_the_other = reference.expected_outputs(tflite, everything).view(np.int8)
        np.testing.assert_array_equal(by_the_other, expected)


def test_int8_sqrt_of_what_may_be_negative_is_refused() -> None:
    g = Graph()
    source, output = g.tensor((1, 8), "int8", 0.1, -127), g.tensor((1, 8), "int8", 0.1, -128)
    g.operator("SQRT", [source], [output])
    with pytest.raises(ModelError, match="may be negative"):
        compile_model(g.file(source, output), isa="native", fpu=True)


@pytest.mark.parametrize(
    "kind", ["RELU", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "ABS", "NEG", "SQUARE", "EXP", "SQRT", "RSQRT"]
)
def test_float_functions(kind: str) -> None:
    g = Graph()
    source, output = g.tensor((1, 40), "float32"), g.tensor((1, 40), "float32")
    options = {"HARD_SWISH": "HardSwishOptions", "ABS": "AbsOptions", "NEG": "NegOptions", "SQUARE": "SquareOptions"}
    g.operator(kind, [source], [output], {**options, "EXP": "ExpOptions"}.get(kind, ""))
    tflite = g.file(source, output)
    model = compile_model(tflite, isa="native", fpu=True)
    inputs = np.random.default_rng(0).normal(0, 5, (30, 1, 40)).astype(np.float32)
    if kind in ("SQRT", "RSQRT"):
        inputs = np.abs(inputs) + np.float32(1e-6)
    np.testing.assert_allclose(engine.run(model, inputs), engine.reference(tflite, inputs), rtol=3e-7, atol=2e-7)


@pytest.mark.parametrize(
    ("kind", "other", "fused"),
    [
        ("ADD", (1, 16, 16, 9), "RELU"),
        ("ADD", (1, 1, 1, 9), "NONE"),
        ("SUB", (1, 16, 16, 9), "NONE"),
        ("SUB", (1, 16, 1, 9), "RELU6"),
        ("ADD", (1, 16, 16, 1), "RELU_N1_TO_1"),
    ],
)
def test_sums_of_many_elements_are_looked_up(kind: str, other: tuple[int, ...], fused: str) -> None:
    """Both orders of the operands, zero points and scales at their ends."""
    shape = (1, 16, 16, 9)
    for seed, (first, second, out) in enumerate([(0.05, 0.002, 0.05), (0.002, 0.2, 0.004), (0.01, 0.01, 0.3)]):
        rng = np.random.default_rng(seed)
        g = Graph()
        source = g.tensor(shape, "int8", first, (-128, 127, 3)[seed])
        constant = g.tensor(other, "int8", second, (127, -128, 0)[seed], data=rng.integers(-128, 128, other))
        output = g.tensor(shape, "int8", out, (5, -128, 127)[seed])
        operands = [source, constant] if seed < 2 else [constant, source]
        options = {"ADD": "AddOptions", "SUB": "SubOptions"}[kind]
        g.operator(kind, operands, [output], options, fusedActivationFunction=activation(fused))
        tflite = g.file(source, output)
        check(tflite, seed, variants=(("native", "speed"), ("native", "size")))
        kernels = [compile_model(tflite, isa="native", fpu=True, optimise=each).kernels for each in ("speed", "size")]
        assert ["aot_add_tables.c" in each for each in kernels] == [True, False]


@st.composite
def dense_layers(draw: Any) -> tuple[bytes, int]:
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    dtype = draw(dtypes)
    rows, inputs, outputs = draw(st.integers(1, 4)), draw(st.integers(1, 40)), draw(st.integers(1, 9))
    g = Graph()
    source = _tensor(g, (rows, inputs), dtype, 0.02, draw(zeros))
    if dtype == "int8":
        each = rng.uniform(0.002, 0.02, outputs if draw(st.booleans()) else 1)
        weights = g.tensor((outputs, inputs), dtype, list(each), 0, 0, rng.integers(-127, 128, (outputs, inputs)))
        bias = g.tensor((outputs,), "int32", list(0.02 * each), data=rng.integers(-5000, 5000, outputs))
    else:
        weights = g.tensor((outputs, inputs), dtype, data=rng.normal(size=(outputs, inputs)))
        bias = g.tensor((outputs,), dtype, data=rng.normal(size=outputs))
    output = _tensor(g, (rows, outputs), dtype, draw(scales), draw(zeros))
    fused = activation(draw(st.sampled_from(ACTIVATIONS)))
    operands = [source, weights, bias if draw(st.booleans()) else -1]
    g.operator("FULLY_CONNECTED", operands, [output], "FullyConnectedOptions", fusedActivationFunction=fused)
    return g.file(source, output), seed % 1000


@few
@given(dense_layers())
def test_dense(case: tuple[bytes, int]) -> None:
    check(*case)


@st.composite
def pools(draw: Any) -> tuple[bytes, int]:
    dtype, kind = draw(dtypes), draw(st.sampled_from(["MAX_POOL_2D", "AVERAGE_POOL_2D"]))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    same, channels = draw(st.booleans()), draw(st.integers(1, 3))
    size = (kernel[0] + draw(st.integers(0, 6)), kernel[1] + draw(st.integers(0, 6)))
    out = [out_size(size[i], kernel[i], stride[i], 1, same) for i in (0, 1)]
    g = Graph()
    scale, zero = draw(scales), draw(zeros)
    source = _tensor(g, (1, *size, channels), dtype, scale, zero)
    output = _tensor(g, (1, *out, channels), dtype, scale, zero)
    members = {"filterHeight": kernel[0], "filterWidth": kernel[1], "strideH": stride[0], "strideW": stride[1]}
    fused = activation(draw(st.sampled_from(["NONE", "RELU", "RELU6"])))
    g.operator(
        kind, [source], [output], "Pool2DOptions", padding=padding(same), fusedActivationFunction=fused, **members
    )
    return g.file(source, output), 1


@few
@given(pools())
def test_pools(case: tuple[bytes, int]) -> None:
    check(*case, variants=NATIVE)


@st.composite
def arithmetic(draw: Any) -> tuple[bytes, int]:
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    dtype = draw(dtypes)
    kind = draw(st.sampled_from(["ADD", "SUB", "MUL"] + (["DIV"] if dtype == "float32" else [])))
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    other = tuple(1 if draw(st.integers(0, 3)) == 0 else d for d in shape)[draw(st.integers(0, len(shape) - 1)) :]
    g = Graph()
    source = _tensor(g, shape, dtype, draw(scales), draw(zeros))
    if draw(st.booleans()):
        data = rng.integers(-128, 128, other) if dtype == "int8" else rng.uniform(0.5, 2, other)
        scale = draw(scales) if dtype == "int8" else None
        second = g.tensor(other, dtype, scale, draw(zeros) if scale else 0, data=data)
    else:
        second = source
    output = _tensor(g, shape, dtype, draw(scales), draw(zeros))
    options = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions"}[kind]
    operands = [source, second] if draw(st.booleans()) or kind == "DIV" else [second, source]
    fused = activation(draw(st.sampled_from(["NONE", "RELU", "RELU6"])))
    g.operator(kind, operands, [output], options, fusedActivationFunction=fused)
    return g.file(source, output), seed % 1000


@settings(bounded, max_examples=30)
@given(arithmetic())
def test_arithmetic(case: tuple[bytes, int]) -> None:
    check(*case, variants=NATIVE)


@st.composite
def reductions(draw: Any) -> tuple[bytes, int]:
    dtype, kind = draw(dtypes), draw(st.sampled_from(["MEAN", "SUM"]))
    shape = (1, *draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    axes = sorted(draw(st.sets(st.integers(1, len(shape) - 1), min_size=1)))
    keep = draw(st.booleans())
    out = tuple(1 if d in axes else n for d, n in enumerate(shape) if keep or d not in axes)
    g = Graph()
    source = _tensor(g, shape, dtype, draw(scales), draw(zeros))
    stated = [a - len(shape) if draw(st.booleans()) else a for a in axes]
    which = g.tensor((len(axes),), "int32", data=np.array(stated))
    output = _tensor(g, out, dtype, draw(scales), draw(zeros))
    g.operator(kind, [source, which], [output], "ReducerOptions", keepDims=keep)
    return g.file(source, output), 2


@settings(bounded, max_examples=20)
@given(reductions())
def test_reductions(case: tuple[bytes, int]) -> None:
    check(*case, variants=NATIVE)


@st.composite
def matrix_products(draw: Any) -> tuple[bytes, int]:
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    dtype = draw(dtypes)
    rows, inner, columns = (draw(st.integers(1, 5)) for _ in range(3))
    batch = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    adj_x, adj_y = draw(st.booleans()), draw(st.booleans())
    a = (*batch, *((inner, rows) if adj_x else (rows, inner)))
    b = (*(1 if draw(st.booleans()) else d for d in batch), *((columns, inner) if adj_y else (inner, columns)))
    g = Graph()
    source = _tensor(g, a, dtype, 0.02, draw(zeros))
    data = rng.integers(-128, 128, b) if dtype == "int8" else rng.normal(size=b)
    second = g.tensor(b, dtype, 0.05 if dtype == "int8" else None, draw(zeros) if dtype == "int8" else 0, data=data)
    output = _tensor(g, (*batch, rows, columns), dtype, draw(scales), draw(zeros))
    g.operator("BATCH_MATMUL", [source, second], [output], "BatchMatMulOptions", adjX=adj_x, adjY=adj_y)
    return g.file(source, output), seed % 1000


@few
@given(matrix_products())
def test_matrix_products(case: tuple[bytes, int]) -> None:
    check(*case, variants=NATIVE)


@st.composite
def movements(draw: Any) -> tuple[bytes, int]:
    """PAD, TRANSPOSE and CONCATENATION in one network."""
    dtype = draw(dtypes)
    scale, zero = draw(scales), draw(zeros)
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    g = Graph()
    source = _tensor(g, shape, dtype, scale, zero)
    amounts = [[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in shape]
    padded = tuple(d + b + a for d, (b, a) in zip(shape, amounts, strict=True))
    how = g.tensor((len(shape), 2), "int32", data=np.array(amounts))
    wide = _tensor(g, padded, dtype, scale, zero)
    if draw(st.booleans()):
        g.operator("PAD", [source, how], [wide], "PadOptions")
    else:
        filler = g.tensor(
            (1,), dtype, scale if dtype == "int8" else None, zero if dtype == "int8" else 0, data=np.array([3])
        )
        g.operator("PADV2", [source, how, filler], [wide], "PadV2Options")
    order = draw(st.permutations(range(len(shape))))
    turned_shape = tuple(padded[i] for i in order)
    turned = _tensor(g, turned_shape, dtype, scale, zero)
    g.operator(
        "TRANSPOSE", [wide, g.tensor((len(shape),), "int32", data=np.array(order))], [turned], "TransposeOptions"
    )
    axis = draw(st.integers(0, len(shape) - 1))
    doubled = tuple(2 * d if i == axis else d for i, d in enumerate(turned_shape))
    output = _tensor(g, doubled, dtype, scale, zero)
    g.operator(
        "CONCATENATION",
        [turned, turned],
        [output],
        "ConcatenationOptions",
        axis=axis - draw(st.sampled_from([0, len(shape)])),
    )
    return g.file(source, output), 3


@settings(bounded, max_examples=20)
@given(movements())
def test_movements(case: tuple[bytes, int]) -> None:
    check(*case, variants=NATIVE)


@st.composite
def softmaxes(draw: Any) -> tuple[bytes, int]:
    dtype = draw(dtypes)
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 20)))
    g = Graph()
    source = _tensor(g, shape, dtype, draw(st.sampled_from([0.01, 0.1, 0.15, 0.5, 2.0])), draw(zeros))
    output = _tensor(g, shape, dtype, 1 / 256, -128)
    g.operator("SOFTMAX", [source], [output], "SoftmaxOptions", beta=draw(st.sampled_from([1.0, 0.5, 3.0])))
    return g.file(source, output), 4


@few
@given(softmaxes())
def test_softmax(case: tuple[bytes, int]) -> None:
    check(*case, variants=NATIVE)


@pytest.mark.parametrize("inner", ["int8", "float32"])
def test_quantise_and_dequantise(inner: str) -> None:
    """A float32 network around an int8 one, with every rounding case of the quantisation among the inputs."""
    g = Graph()
    source, output = g.tensor((1, 513), "float32"), g.tensor((1, 513), "float32")
    middle, after = g.tensor((1, 513), "int8", 0.25, 3), g.tensor((1, 513), "int8", 0.25, 3)
    g.operator("QUANTIZE", [source], [middle], "QuantizeOptions")
    g.operator("RELU", [middle], [after])
    g.operator("DEQUANTIZE", [after if inner == "int8" else middle], [output], "DequantizeOptions")
    tflite = g.file(source, output)
    halves = (np.arange(-256, 257) / 8).astype(np.float32).reshape(1, 1, 513)
    inputs = np.concatenate([halves, halves * 1000, np.nextafter(halves, np.float32(9))])
    model = compile_model(tflite, isa="native", fpu=True)
    np.testing.assert_array_equal(engine.run(model, inputs), engine.reference(tflite, inputs))
