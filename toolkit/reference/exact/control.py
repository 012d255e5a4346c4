"""IF and WHILE: graphs that are run by an operator.

Sources: tensorflow/lite/micro/kernels/{if,while}.cc. Tensors are copied as they are, whatever their scales.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.reference.exact.node import Array, Node, Values, given

Invoke = Callable[[int, Sequence[Array]], list[Array]]
"""From a graph's number and its inputs, [N, *shape] each, to its outputs."""

Control = Callable[[Node, Values, Invoke], list[Array]]

_MOST_TURNS = 1 << 14


def _known(node: Node, values: Values) -> list[Array]:
    return [given(node, values, place) for place in range(len(values))]


def branch(node: Node, values: Values, invoke: Invoke) -> list[Array]:
    """IF."""
    options = node.options("IfOptions")
    condition = node.decided(given(node, values, 0))
    graph = options.ThenSubgraphIndex() if condition else options.ElseSubgraphIndex()
    return invoke(graph, _known(node, values)[1:])


def loop(node: Node, values: Values, invoke: Invoke) -> list[Array]:
    """WHILE; so many turns that nobody would wait for them are refused."""
    options = node.options("WhileOptions")
    state = _known(node, values)
    for _ in range(_MOST_TURNS):
        (more, *_) = invoke(options.CondSubgraphIndex(), state)
        if not node.decided(more):
            return state
        state = invoke(options.BodySubgraphIndex(), state)
    raise node.refuses(f"turns more than {_MOST_TURNS} times")


CONTROL: dict[str, Control] = {"IF": branch, "WHILE": loop}
"""By the schema's name of the operator."""
