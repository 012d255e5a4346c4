"""Networks of operators that keep a state or run graphs; as in `single`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.reference.sketch import SAMPLES, Drawing, Drawn, Sketch

_TANH = 4


def _state(sketch: Sketch, shape: tuple[int, ...], dtype: str, scaled: tuple[float | None, int]) -> int:
    tensor = sketch.made(shape, dtype, scaled)
    sketch.graph.graph.tensors[tensor].isVariable = True
    return tensor


def _svdf(sketch: Sketch, dtype: str) -> Drawn:
    rank, units, batch, size, memory = (sketch.size(1, most) for most in (2, 4, 2, 8, 5))
    filters = rank * units
    shapes = ((filters, size), (filters, memory), (units,))
    if dtype == "float32":
        weights = [sketch.constant(sketch.values(shape, dtype) / np.float32(6), dtype) for shape in shapes]
        state = _state(sketch, (batch, filters * memory), dtype, (None, 0))
        x, output = sketch.given((batch, size), dtype), sketch.made((batch, units), dtype)
    else:
        kind = "int16" if sketch.chance() else "int8"
        scaled, by, over, held = ((sketch.scale(1e-2, 1e-1), 0) for _ in range(4))
        held = (scaled[0] * by[0] * (sketch.scale(1, 30) if kind == "int16" else sketch.scale(100, 900)), 0)
        if kind == "int8":
            held = (held[0], sketch.size(-9, 9))
        weights = [sketch.constant(sketch.random.integers(-127, 128, shapes[0]), "int8", by)]
        weights.append(sketch.constant(sketch.random.integers(-127, 128, shapes[1]), kind, over))
        bias = sketch.random.integers(-2000, 2000, units)
        weights.append(sketch.constant(bias, "int32", (held[0] * over[0], 0)))
        state = _state(sketch, (batch, filters * memory), kind, held)
        x = sketch.given((batch, size), dtype, (scaled[0], sketch.size(-128, 127)))
        output = sketch.made((batch, units), dtype, (held[0] * over[0] * sketch.scale(50, 900), sketch.size(-20, 20)))
    return sketch.done("SVDF", [x, *weights, state], [output], "SVDFOptions", rank=rank)


def _lstm(sketch: Sketch, dtype: str) -> Drawn:
    batch, steps, size, units, major = *(sketch.size(1, most) for most in (2, 5, 6, 5)), sketch.chance()
    shape = (steps, batch, size) if major else (batch, steps, size)
    weights, biases = [], []
    if dtype == "float32":
        x, cell = sketch.given(shape, dtype), _state(sketch, (batch, units), dtype, (None, 0))
        hidden, output = _state(sketch, (batch, units), dtype, (None, 0)), sketch.made((*shape[:2], units), dtype)
        for inner in (size, units):
            for _ in range(4):
                weights.append(sketch.constant(sketch.values((units, inner), dtype) / np.float32(6), dtype))
        biases = [sketch.constant(sketch.values((units,), dtype), dtype) for _ in range(4)]
    else:
        full = 127 if dtype == "int8" else 32767
        scaled = (sketch.scale(1.0, 8.0) / full, sketch.size(-9, 9) if dtype == "int8" else 0)
        held = (1 / full, sketch.size(-9, 9) if dtype == "int8" else 0)
        x = sketch.given(shape, dtype, scaled)
        hidden = _state(sketch, (batch, units), dtype, held)
        cell = _state(sketch, (batch, units), "int16", (2.0 ** -sketch.size(9, 13), 0))
        output = sketch.made((*shape[:2], units), dtype, held)
        for inner in (size, units):
            for _ in range(4):
                by = (sketch.scale(1e-3, 2e-2), 0)
                weights.append(sketch.constant(sketch.random.integers(-127, 128, (units, inner)), "int8", by))
        kind = "int64" if dtype == "int16" else "int32"
        biases = [sketch.constant(sketch.random.integers(-3000, 3000, units), kind) for _ in range(4)]
    none = [-1]
    inputs = [x, *weights, *none * 3, *biases, *none * 2, hidden, cell, *none * 4]
    clip = float(sketch.size(1, 8)) if sketch.chance() else 0.0
    options = {"fusedActivationFunction": _TANH, "cellClip": clip, "timeMajor": major}
    name = "UnidirectionalSequenceLSTMOptions"
    return sketch.done("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [output], name, **options)


@contextmanager
def _body(sketch: Sketch) -> Iterator[int]:
    """Operators drawn inside belong to a further graph, of this number; it still needs its ends."""
    main, body = sketch.graph.graph, schema.SubGraphT()
    body.tensors, body.operators, body.inputs, body.outputs = [], [], [], []
    sketch.graph.model.subgraphs.append(body)
    sketch.graph.graph = body
    yield len(sketch.graph.model.subgraphs) - 1
    sketch.graph.graph = main


def _ends(sketch: Sketch, inputs: list[int], outputs: list[int]) -> None:
    sketch.graph.graph.inputs, sketch.graph.graph.outputs = inputs, outputs


def _branch(sketch: Sketch, dtype: str) -> Drawn:
    del dtype
    shape, kind = sketch.shape(most=3), str(sketch.random.choice(["float32", "int8"]))
    scaled, to = sketch.quantisation(kind), sketch.quantisation(kind)
    graphs = []
    for operator in ("ADD", "MUL"):
        with _body(sketch) as number:
            x, y = sketch.made(shape, kind, scaled), sketch.made(shape, kind, to)
            other = sketch.constant(sketch.values(shape, kind), kind, scaled)
            sketch.graph.operator(operator, [x, other], [y], f"{operator.title()}Options")
            _ends(sketch, [x], [y])
            graphs.append(number)
    data = sketch.values((SAMPLES, 1), "bool") if sketch.chance() else np.full((SAMPLES, 1), sketch.chance())
    inputs = [sketch.given((1,), "bool", data=data), sketch.given(shape, kind, scaled)]
    options = dict(zip(("thenSubgraphIndex", "elseSubgraphIndex"), graphs, strict=True))
    return sketch.done("IF", inputs, [sketch.made(shape, kind, to)], "IfOptions", **options)


def _loop(sketch: Sketch, dtype: str) -> Drawn:
    """So many turns as an input says: each adds a row of a table, by the number of the turn."""
    del dtype
    count, kind = sketch.size(1, 6), str(sketch.random.choice(["float32", "int8"]))
    scaled, turns = sketch.quantisation(kind), sketch.size(1, 5)
    with _body(sketch) as condition:
        at, most, x = sketch.made((), "int32"), sketch.made((), "int32"), sketch.made((count,), kind, scaled)
        more = sketch.made((), "bool")
        sketch.graph.operator("LESS", [at, most], [more], "LessOptions")
        _ends(sketch, [at, most, x], [more])
    with _body(sketch) as body:
        at, most, x = sketch.made((), "int32"), sketch.made((), "int32"), sketch.made((count,), kind, scaled)
        after, row, y = (
            sketch.made((), "int32"),
            sketch.made((count,), kind, scaled),
            sketch.made((count,), kind, scaled),
        )
        table = sketch.constant(sketch.values((turns, count), kind), kind, scaled)
        sketch.graph.operator("GATHER", [table, at], [row], "GatherOptions", axis=0)
        sketch.graph.operator("ADD", [x, row], [y], "AddOptions")
        sketch.graph.operator("ADD", [at, sketch.constant(1)], [after], "AddOptions")
        _ends(sketch, [at, most, x], [after, most, y])
    data = sketch.random.integers(0, turns + 1, (SAMPLES,)) if sketch.chance() else np.full((SAMPLES,), turns)
    inputs = [sketch.constant(0), sketch.given((), "int32", data=data), sketch.given((count,), kind, scaled)]
    outputs = [sketch.made((), "int32"), sketch.made((), "int32"), sketch.made((count,), kind, scaled)]
    options = {"condSubgraphIndex": condition, "bodySubgraphIndex": body}
    return sketch.done("WHILE", inputs, outputs, "WhileOptions", **options)


def _softmax(sketch: Sketch, dtype: str) -> Drawn:
    del dtype
    shape = sketch.shape(longest=12)
    output = sketch.made(shape, "int16", (1 / 65536, -32768))
    return sketch.done("SOFTMAX", [sketch.given(shape, "int8")], [output], "SoftmaxOptions", beta=1.0)


DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    "SVDF": (_svdf, ("float32", "int8")),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (_lstm, ("float32", "int16", "int8")),
    "SOFTMAX": (_softmax, ("int8 to int16",)),
    "IF": (_branch, ("any type",)),
    "WHILE": (_loop, ("any type",)),
}
