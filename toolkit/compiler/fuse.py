"""Operators -> layers: a convolution or dense layer takes the activations and the max-pool that follow it along.

docs/compiler.md proves that each fusion keeps every output byte. What cannot be fused becomes a layer of its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from toolkit.compiler import ir, tables
from toolkit.compiler.ir import Activation, ElementType, Graph, Tensor
from toolkit.compiler.tables import Table

# Float activations that a layer can apply itself: (slope for negative values, low, high); None is unbounded.
_UNBOUNDED = (None, None)
FLOAT_CLAMPS: dict[str, tuple[float | None, float | None]] = {
    "NONE": _UNBOUNDED,
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}


@dataclass(frozen=True)
class FloatActivation:
    """LeakyReLU's slope, then a clamp; None is unbounded."""

    slope: float = 1.0
    low: float | None = None
    high: float | None = None

    @property
    def is_identity(self) -> bool:
        """True if it changes nothing."""
        return self == FloatActivation()


@dataclass(frozen=True, eq=False)
class Layer:
    """What one kernel call computes.

    Attributes:
        operators: the format's operators in order; the first one decides the kernel.
        inputs: tensors it reads, as computed tensors' roots (an alias stands for what it aliases).
        output: the tensor that it writes.
        pool: a max-pool fused into a convolution.
        table: int8: what follows the requantisation; None is the identity.
        activation: float32: what follows the bias (the fused activation included).
    """

    operators: tuple[ir.Operator, ...]
    inputs: tuple[int, ...]
    output: int
    pool: ir.Pool | None = None
    table: Table | None = None
    activation: FloatActivation = FloatActivation()


def fuse(graph: Graph) -> tuple[tuple[Layer, ...], dict[int, int]]:
    """Group the operators into layers.

    Returns:
        The layers in order, and for every tensor that is only another name of one (a reshape, say) that one.
    """
    return _Fuser(graph).run()


class _Fuser:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.roots: dict[int, int] = {}
        self.taken: set[int] = set()
        self.uses: Counter[int] = Counter()
        for operator in graph.operators:
            self.uses.update(operator.inputs[:1] if isinstance(operator, ir.Alias) else operator.inputs)
        self.uses.update(graph.outputs)

    def root(self, index: int) -> int:
        while index in self.roots:
            index = self.roots[index]
        return index

    def run(self) -> tuple[tuple[Layer, ...], dict[int, int]]:
        layers = []
        for place, operator in enumerate(self.graph.operators):
            if place in self.taken:
                continue
            if isinstance(operator, ir.Alias):
                self.roots[operator.output] = operator.inputs[0]
            elif isinstance(operator, ir.Convolution | ir.Dense):
                layers.append(self._absorb(place, operator))
            else:
                inputs = tuple(self.root(i) for i in operator.inputs)
                layers.append(Layer((operator,), inputs, operator.output))
        return tuple(layers), {index: self.root(index) for index in self.roots}

    def _next(self, tensor: int, place: int) -> tuple[int, ir.Operator] | None:
        """The only operator that reads `tensor`, if there is exactly one."""
        if self.uses[tensor] != 1 or tensor in self.graph.outputs:
            return None
        for later in range(place + 1, len(self.graph.operators)):
            if tensor in self.graph.operators[later].inputs:
                return later, self.graph.operators[later]
        return None

    def _absorb(self, place: int, first: ir.Convolution | ir.Dense) -> Layer:
        operators: list[ir.Operator] = [first]
        state = _Tail(self.graph.tensors, first)
        output = first.output
        while (found := self._next(output, place)) is not None:
            place, operator = found
            # Aliases after the last fused operator stay what they are: another name of the layer's output.
            if not isinstance(operator, ir.Alias) and not state.take(operator):
                break
            if isinstance(operator, ir.Alias) and not self._worth_passing(place, operator):
                break
            self.taken.add(place)
            operators.append(operator)
            output = operator.output
        inputs = (self.root(first.inputs[0]), *first.inputs[1:])
        return Layer(tuple(operators), inputs, output, state.pool, state.table, state.activation)

    def _worth_passing(self, place: int, alias: ir.Alias) -> bool:
        """An alias is passed over if an element-wise operator follows it, which does not mind the shape."""
        following = self._next(alias.output, place)
        return following is not None and isinstance(following[1], ir.Unary)


class _Tail:
    """What a layer does after its sums, grown operator by operator."""

    def __init__(self, tensors: tuple[Tensor, ...], first: ir.Convolution | ir.Dense) -> None:
        self.tensors = tensors
        self.first = first
        self.pool: ir.Pool | None = None
        self.table: Table | None = None
        self.int8 = tensors[first.output].dtype is ElementType.INT8
        self.activation = FloatActivation() if self.int8 else _float_activation(first.activation)

    def take(self, operator: ir.Operator) -> bool:
        """True if the layer can compute the operator as well."""
        if isinstance(operator, ir.Pool):
            return self._take_pool(operator)
        if isinstance(operator, ir.Unary):
            return self._take_table(operator) if self.int8 else self._take_activation(operator)
        return False

    def _take_pool(self, pool: ir.Pool) -> bool:
        window = pool.window
        if not isinstance(self.first, ir.Convolution) or pool.kind != "MAX_POOL_2D" or self.pool is not None:
            return False
        # Windows that overlap would have positions computed more than once.
        if window.kernel_h > window.stride_h or window.kernel_w > window.stride_w:
            return False
        if self.tensors[pool.inputs[0]].shape != self.tensors[self.first.output].shape:
            return False
        if self.int8:
            if self.table is not None and not tables.monotone(self.table):
                return False
            low, high = tables.activation_range(pool.activation, self.tensors[pool.output])
            if (low, high) != (-128, 127):
                self._follow(tables.clamp_table(low, high))
        elif pool.activation is not Activation.NONE or self.activation.slope < 0:
            return False
        self.pool = pool
        return True

    def _take_table(self, op: ir.Unary) -> bool:
        source, output = self.tensors[op.inputs[0]], self.tensors[op.output]
        if output.dtype is not ElementType.INT8:
            return False
        self._follow(tables.unary_table(op, source, output))
        return True

    def _follow(self, table: Table) -> None:
        before = tables.IDENTITY if self.table is None else self.table
        self.table = table[before.astype(int) + 128]

    def _take_activation(self, op: ir.Unary) -> bool:
        if not self.activation.is_identity:
            return False
        if op.kind == "LEAKY_RELU":
            self.activation = FloatActivation(slope=op.alpha)
            return True
        if op.kind in FLOAT_CLAMPS:
            self.activation = _float_activation(Activation(op.kind))
            return True
        return False


def _float_activation(activation: Activation) -> FloatActivation:
    low, high = FLOAT_CLAMPS[activation.value]
    return FloatActivation(low=low, high=high)
