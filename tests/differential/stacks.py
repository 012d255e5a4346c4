"""Several operators in a row: other names of one tensor, and small networks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tests.differential.draft import Draft
from tests.differential.layers import convolution, dense_layer, leaky, tail


def alias(n: Draft, source: int, shape: Sequence[int], kind: str) -> int:
    output = n.like(source, shape)
    if kind == "RESHAPE":
        how = n.graph.tensor((len(shape),), "int32", data=np.array(shape))
        n.graph.operator(kind, [source, how], [output], "ReshapeOptions", newShape=list(shape))
    elif kind == "EXPAND_DIMS":
        n.graph.operator(kind, [source, n.graph.tensor((), "int32", data=np.array(0))], [output], "ExpandDimsOptions")
    else:
        n.graph.operator(kind, [source], [output], "SqueezeOptions", squeezeDims=[0])
    return output


def aliases(n: Draft) -> tuple[int, int]:
    """RESHAPE, SQUEEZE, EXPAND_DIMS between operators that compute."""
    d = n.dice
    shape = [1, *d.shape(1, 3, 6)]
    source = n.fresh(shape)
    last = leaky(n, source)
    kind = d.pick(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"))
    if kind == "RESHAPE":
        last = alias(n, last, [math.prod(shape)] if d.chance(0.3) else [*reversed(shape)], kind)
    else:
        last = alias(n, last, shape[1:] if kind == "SQUEEZE" else [1, *shape], kind)
    return source, leaky(n, last)


def stack(n: Draft) -> tuple[int, int]:
    """A small network: convolutions, pools, a residual sum, dense layers, softmax."""
    d = n.dice
    source, last = convolution(n, None, depthwise=d.chance(0.3))
    last = tail(n, last)
    if d.chance(0.6):
        _, last = convolution(n, last, depthwise=d.chance(0.5))
        last = tail(n, last)
    if d.chance(0.4):
        before, other = last, leaky(n, last)
        last = n.tensor(n.shape(before), d.fraction(max(n.scale(before), n.scale(other))), d.zero())
        operator = d.pick(("ADD", "SUB"))
        n.graph.operator(operator, [before, other], [last], f"{operator.capitalize()}Options")
    if d.chance(0.6):
        last = alias(n, last, [1, math.prod(n.shape(last))], "RESHAPE")
        last = tail(n, dense_layer(n, last))
        if d.chance(0.5):
            output = n.tensor(n.shape(last), 1 / 256, -128)
            n.graph.operator("SOFTMAX", [last], [output], "SoftmaxOptions", beta=1.0)
            last = output
    return source, last
