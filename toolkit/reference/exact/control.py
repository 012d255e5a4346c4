"""IF and WHILE: graphs that are run by an operator.

Sources: tensorflow/lite/micro/kernels/{if,while}.cc. Tensors are copied as they are, whatever their scales.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.reference.exact.node import Array, Node, Values, given

Invoke = Callable[[int, Sequence[Array]], list[Array]]
"""From a graph's number and its inputs, [N, *shape] each, to its outputs."""

Control = Callable[[Node, Values, Invoke], list[Array]]


def _known(node: Node, values: Values) -> list[Array]:
    return [given(node, values, place) for place in range(len(values))]


def branch(node: Node, values: Values, invoke: Invoke) -> list[Array]:
    """IF."""
    options = node.options("IfOptions")
    condition = node.decided(given(node, values, 0))
    graph = options.ThenSubgraphIndex() if condition else options.ElseSubgraphIndex()
    return invoke(graph, _known(node, values)[1:])


def loop(node: Node, values: Values, invoke: Invoke) -> list[Array]:
    """WHILE; who runs graphs for it bounds the number of turns."""
    options = node.options("WhileOptions")
    state = _known(node, values)
    while node.decided(invoke(options.CondSubgraphIndex(), state)[0]):
        state = invoke(options.BodySubgraphIndex(), state)
    return state


CONTROL: dict[str, Control] = {"IF": branch, "WHILE": loop}
"""By the schema's name of the operator."""
