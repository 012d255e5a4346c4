"""A network as the interpreter has it: an operator is a layer, and the file itself is what is changed.

To zero a layer's output its tensor is cut in two: what reads it reads a further input of the network, which is given
zeros. That suits every operator, with weights or without.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.strength.library import Bytes
from toolkit.tflite import schema
from toolkit.tflite.description import Opened, Operator, Subgraph, Tensor, opened

TYPES = {name: np.dtype(name) for name in ("int8", "uint8", "int16", "int32", "int64", "float32", "bool")}
_WHOLE = ("int32", "int64")
_NO_CODE = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""Their output is their input; a zeroed one is the zeroed layer before them."""
_SHAPED = {"RESHAPE": 1, "TRANSPOSE_CONV": 0, "STRIDED_SLICE": 1, "FILL": 0, "BROADCAST_TO": 1}
"""By operator: the first input that is a shape or a place, and no value."""
_WITH_SUMS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


@dataclass(frozen=True, eq=False)
class Slot:
    """Constants of one operator as they lie in the file.

    Attributes:
        role: "weights", "bias" or "multiplier": the scales of its weights.
        offset, dtype, size: where in the file, of what, and how many.
        buffer: the number of the file's buffer.
        step: of a bias, for each element: by how much it must grow for the output to grow by 1 (float32: by the size of
            its sum); of scales: where the bias has its own, which must go with them, or empty.
    """

    role: str
    offset: int
    dtype: np.dtype[Any]
    size: int
    buffer: int
    step: npt.NDArray[Any]

    def values(self, data: bytes | bytearray) -> npt.NDArray[Any]:
        """The constants in a file of the same layout; writable if it is."""
        return np.frombuffer(data, self.dtype, self.size, self.offset)


@dataclass(frozen=True, eq=False)
class Layer:
    """An operator.

    Attributes:
        place: among the main graph's operators.
        operators: its name; tensor: the name of the first that it computes.
        inputs: the tensors that it is given, constants and state left out; outputs: those that it computes.
        cost: of computing it, in multiply-accumulates.
    """

    place: int
    operators: tuple[str, ...]
    tensor: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    cost: float


class Network:
    """A sound file, and its layers.

    Attributes:
        left_out: operators whose results reach no output within one inference, such as a state that is stored, or are
            of a type that nothing can be put in place of.
    """

    def __init__(self, tflite: bytes) -> None:
        """Read the file."""
        self.tflite = tflite
        self._data = bytearray(tflite)
        self._file = opened(self._data)
        self._model: Any = schema.unpacked(tflite)
        self.description = self._file.description
        self.graph = self.description.main
        self.layers, self.left_out = _layers(self.graph)
        self.bytes = sum(size(tensor) for graph in self.description.subgraphs for tensor in graph.tensors)
        self.cost = sum(layer.cost for layer in self.layers)

    def slots(self, place: int = 0) -> list[Slot]:
        """What can be changed in the main graph's operator at `place`, in the order of its inputs."""
        return _slots(self._data, self._file, place)

    def cut(self, layer: Layer) -> bytes:
        """The network with the layer's outputs as further inputs, behind its own."""
        model, graph = self._copied()
        given = {tensor: _stand_in(graph, tensor) for tensor in layer.outputs}
        for operator in graph.operators:
            operator.inputs = [given.get(each, each) for each in schema.listed(operator.inputs)]
        graph.inputs = [*schema.listed(graph.inputs), *given.values()]
        graph.outputs = [given.get(each, each) for each in schema.listed(graph.outputs)]
        return schema.packed(model, 2 * len(self.tflite))

    def alone(self, layer: Layer) -> bytes:
        """The operator by itself, its tensors numbered anew: what it is given are inputs, what it computes outputs."""
        model, graph = self._copied()
        operator = graph.operators[layer.place]
        used = [
            *schema.listed(operator.inputs),
            *schema.listed(operator.outputs),
            *schema.listed(operator.intermediates),
        ]
        numbers = {tensor: number for number, tensor in enumerate(dict.fromkeys(used)) if tensor >= 0}
        numbers = {tensor: number for number, tensor in enumerate(numbers)} | {-1: -1}
        graph.tensors = [graph.tensors[tensor] for tensor in numbers if tensor >= 0]
        for name in ("inputs", "outputs", "intermediates"):
            if getattr(operator, name) is not None:
                setattr(operator, name, [numbers[each] for each in schema.listed(getattr(operator, name))])
        graph.operators = [operator]
        graph.inputs, graph.outputs = ([numbers[each] for each in ends] for ends in (layer.inputs, layer.outputs))
        if len(model.subgraphs) == 1:
            kept = {0, *(tensor.buffer for tensor in graph.tensors)}
            empty = copy.copy(model.buffers[0])
            empty.data = None
            model.buffers = [buffer if number in kept else empty for number, buffer in enumerate(model.buffers)]
        return schema.packed(model, len(self.tflite))

    def _copied(self) -> tuple[Any, Any]:
        """The file as objects, and its main graph, in which tensors may be added and operators changed."""
        model = copy.copy(self._model)
        graph = copy.copy(model.subgraphs[0])
        graph.tensors = list(graph.tensors)
        graph.operators = [copy.copy(operator) for operator in graph.operators]
        model.subgraphs = [graph, *model.subgraphs[1:]]
        model.signatureDefs, model.metadata, model.metadataBuffer = [], [], []
        return model, graph


def size(tensor: Tensor) -> int:
    """Bytes of a tensor."""
    kind = TYPES.get(tensor.type)
    return int(np.prod(tensor.shape, dtype=np.int64)) * (8 if kind is None else kind.itemsize)


def zeros(tensors: list[Tensor]) -> list[Bytes]:
    """What "these are zero" may be in memory: zero bytes, and zero points where those are others."""
    plain = np.zeros(sum(map(size, tensors)), np.uint8)
    points = np.concatenate(
        [
            np.full(size(each) // TYPES[each.type].itemsize, _zero_point(each), TYPES[each.type]).view(np.uint8)
            for each in tensors
        ]
    )
    return [plain] if np.array_equal(plain, points) else [plain, points]


def split(tensors: list[Tensor], row: Bytes) -> list[npt.NDArray[Any]]:
    """The bytes of several tensors as arrays."""
    parts, start = [], 0
    for each in tensors:
        part = np.ascontiguousarray(row[start : start + size(each)])
        parts.append(part.view(TYPES[each.type]).reshape(each.shape))
        start += size(each)
    return parts


def _slots(data: bytearray, file: Opened, place: int) -> list[Slot]:
    graph = file.description.main
    operator = graph.operators[place]
    base = np.frombuffer(data, np.uint8).ctypes.data
    found: list[Slot] = []
    partner = np.zeros(0, np.int64)
    output = graph.tensors[operator.outputs[0]]
    constants = [
        (index, graph.tensors[index])
        for index in operator.inputs
        if index >= 0 and graph.tensors[index].constant_bytes and graph.tensors[index].dense
    ]
    sums = next((t for _, t in constants if len(t.shape) > 1 and t.type in ("int8", "int16", "float32")), None)
    scales: list[Slot] = []
    for index, tensor in constants:
        role = _role(tensor, sums)
        values = file.constant(tensor)
        if not role or not values.size:
            continue
        kind = TYPES[tensor.type]
        count = values.size // kind.itemsize
        step = np.zeros(0)
        at = file.scales(index)
        if role == "bias" and kind.kind == "f" and sums is not None:
            weights = file.constant(sums).view(np.dtype(sums.type))
            if weights.dtype.kind == "f":
                step = np.full(count, float(np.abs(weights).max()) * np.sqrt(weights.size / count) or 1.0)
        elif role == "bias" and output.scales:
            step = np.resize(output.scales[0] / np.maximum(np.asarray(tensor.scales, np.float64), 1e-30), count)
            if operator.kind in _WITH_SUMS:
                partner = at.ctypes.data - base + 4 * np.arange(at.size)
        found.append(Slot(role, values.ctypes.data - base, kind, count, tensor.buffer, step))
        if role == "weights" and kind.kind != "f":
            scales.append(Slot("multiplier", at.ctypes.data - base, np.dtype("<f4"), at.size, -1 - index, np.zeros(0)))
    return found + [dataclasses.replace(each, step=partner) if partner.size == each.size else each for each in scales]


def _role(tensor: Tensor, sums: Tensor | None) -> str:
    if tensor.type in _WHOLE:
        return "bias" if tensor.scales else ""
    if tensor.type == "float32":
        return "bias" if sums is not None and len(tensor.shape) == 1 else "weights"
    return "weights" if tensor.type in TYPES and tensor.scales else ""


def _zero_point(tensor: Tensor) -> int:
    return int(tensor.zero_points[0]) if len(tensor.zero_points) and TYPES[tensor.type].kind in "iu" else 0


def _stand_in(graph: Any, tensor: int) -> int:
    stand_in = copy.copy(graph.tensors[tensor])
    stand_in.name = (stand_in.name or b"") + b" (given)"
    graph.tensors.append(stand_in)
    return len(graph.tensors) - 1


def _layers(graph: Subgraph) -> tuple[tuple[Layer, ...], int]:
    """The layers, and how many operators are none though they compute."""
    shapes = _only_shapes(graph)
    reaching = set(graph.outputs)
    for operator in reversed(graph.operators):
        if reaching.intersection(operator.outputs):
            reaching.update(operator.inputs)
    made = {tensor for operator in graph.operators for tensor in operator.outputs} | set(graph.inputs)
    layers, left_out = [], 0
    for place, operator in enumerate(graph.operators):
        outputs = tuple(each for each in operator.outputs if each >= 0)
        if operator.kind in _NO_CODE or not outputs or all(each in shapes for each in outputs):
            continue
        if any(graph.tensors[each].type == "resource" for each in outputs):
            continue
        if not reaching.intersection(outputs) or any(graph.tensors[each].type not in TYPES for each in outputs):
            left_out += 1
            continue
        inputs = tuple(dict.fromkeys(each for each in operator.inputs if each in made))
        name = graph.tensors[outputs[0]].name
        layers.append(Layer(place, (operator.kind,), name, inputs, outputs, _cost(graph, operator)))
    return tuple(layers), left_out


def _only_shapes(graph: Subgraph) -> set[int]:
    """Whole numbers that nothing but shape arithmetic reads: they are no values of the network."""
    shapes = {
        tensor
        for operator in graph.operators
        for tensor in operator.outputs
        if tensor >= 0 and graph.tensors[tensor].type in _WHOLE and tensor not in graph.outputs
    }
    while True:
        read_as_values = {
            tensor
            for operator in graph.operators
            if not set(operator.outputs) <= shapes
            for tensor in operator.inputs[: _SHAPED.get(operator.kind, len(operator.inputs))]
        }
        if not shapes & read_as_values:
            return shapes
        shapes -= read_as_values


def _cost(graph: Subgraph, operator: Operator) -> float:
    """Multiply-accumulates, roughly: all weights at each place of the output."""
    output = graph.tensors[operator.outputs[0]]
    count = float(np.prod(output.shape, dtype=np.float64))
    weights = sum(
        float(np.prod(graph.tensors[index].shape, dtype=np.float64))
        for index in operator.inputs
        if index >= 0 and graph.tensors[index].constant_bytes and len(graph.tensors[index].shape) > 1
    )
    return count + weights * count / max(1, output.shape[-1] if output.shape else 1)
