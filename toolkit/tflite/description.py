"""What is in a .tflite: subgraphs, tensors, operators and ends, every index and count checked before it is used.

The flatbuffer accessors of the `tflite` package trust the file; here nothing does. What a broken file makes them raise
becomes a ModelError, and every count is bounded by the file's own size before it is looped over.
"""

from __future__ import annotations

import functools
import re
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.errors import ModelError

IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
_LARGEST_RANK = 8
_FREE = -1
# What the flatbuffers package raises when an offset, a length or a string of a broken file leads it astray.
ASTRAY = (struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError, AssertionError, KeyError)


def broken(what: str) -> ModelError:
    """The error for a file that is not a sound .tflite."""
    return ModelError(f"the .tflite is broken: {what}", "convert the model again, or download it again")


@dataclass(frozen=True)
class Tensor:
    """A tensor as the file has it.

    Attributes:
        name: made safe for one line.
        shape: as stored; a free dimension is stored as 1 by the converter.
        free: the dimensions that the signature leaves free (-1).
        type: the schema's name of the element type, in lower case: "int8", "float32", "int16" ....
        scales, zero_points: as stored, of any number; empty where there are none.
        axis: the dimension that several scales are along, as stored.
        buffer: the number of the file's buffer that its data stands in; tensors may share one.
        constant_bytes: of its data; 0 for a tensor that is computed.
        dense: its data stands in the file, element after element: neither sparse nor outside of it.
        variable: it keeps its value from one inference to the next.
    """

    name: str
    shape: tuple[int, ...]
    free: tuple[int, ...]
    type: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    buffer: int
    constant_bytes: int
    dense: bool
    variable: bool


@dataclass(frozen=True)
class Operator:
    """An operator: the schema's name, "CUSTOM:<name>" for a custom one; an absent optional input is -1."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Subgraph:
    """Tensors, operators in the order in which they run, and the indices of the ends."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Description:
    """A whole file; the first subgraph is the network, others are bodies of its control flow."""

    subgraphs: tuple[Subgraph, ...]

    @property
    def main(self) -> Subgraph:
        """The network."""
        return self.subgraphs[0]

    @property
    def keeps_state(self) -> bool:
        """A tensor keeps its value from one inference to the next, unless it is reset."""
        return any(tensor.variable for graph in self.subgraphs for tensor in graph.tensors)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The network's inputs."""
        return tuple(self.main.tensors[index] for index in self.main.inputs)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """The network's outputs."""
        return tuple(self.main.tensors[index] for index in self.main.outputs)


@functools.cache
def names(kind: str) -> dict[int, str]:
    """Value -> name of one of the schema's enumerations, such as "BuiltinOperator"."""
    import tflite

    # From Python 3.13 on a class holds a number of its own: __firstlineno__.
    members = vars(getattr(tflite, kind)).items()
    return {value: name for name, value in members if isinstance(value, int) and not name.startswith("_")}


def kind_of(code: int, former: int) -> str:
    """The name of an operator code in the schema, such as "CONV_2D" or "CUSTOM".

    Args:
        code, former: the code's two fields. Files written before 2020 have it in the second only; newer ones in both,
            as far as it fits.
    """
    number = max(int(code), int(former))
    return names("BuiltinOperator").get(number, f"number {number}")


def check_identifier(data: bytes | bytearray) -> None:
    """Refuse what is no .tflite at all.

    Raises:
        ModelError: the file's identifier is another one.
    """
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        raise ModelError("the file is no TensorFlow Lite model: its identifier is not TFL3", "name a .tflite file")


@dataclass(frozen=True)
class Opened:
    """A file whose every index is checked, and what a description leaves out of it: constants and options.

    Attributes:
        description: of the file.
    """

    description: Description
    _model: Any

    def constant(self, tensor: Tensor) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor's data: the file's own, so that who writes to them changes it; none if it is computed.

        Raises:
            ModelError: the file ends before they do.
        """
        try:
            stored = self._model.Buffers(tensor.buffer).DataAsNumpy()
        except ASTRAY as caught:
            raise broken(f"the data of {tensor.name} does not stand in it") from caught
        return stored if isinstance(stored, np.ndarray) else np.zeros(0, np.uint8)

    def scales(self, tensor: int) -> npt.NDArray[np.float32]:
        """The scales of the network's tensor of that number: the file's own, as a constant's bytes are."""
        quantisation = self._model.Subgraphs(0).Tensors(tensor).Quantization()
        stored = None if quantisation is None else quantisation.ScaleAsNumpy()
        return stored if isinstance(stored, np.ndarray) else np.zeros(0, np.float32)

    def operator(self, place: int, graph: int = 0) -> Any:
        """The flatbuffer's table of a graph's operator at `place`, for its options: nothing in them is checked."""
        return self._model.Subgraphs(graph).Operators(place)


def describe(data: bytes | bytearray) -> Description:
    """Read a file's structure.

    Raises:
        ModelError: it is no .tflite, of another schema version, has no network in it, or is broken; the message says
            which.
    """
    return opened(data).description


def opened(data: bytes | bytearray) -> Opened:
    """Describe a file, and keep it open for its constants and options.

    Raises:
        ModelError: as `describe`.
    """
    import tflite

    check_identifier(data)
    try:
        model = tflite.Model.GetRootAsModel(data, 0)
        if model.Version() != SCHEMA_VERSION:
            raise ModelError(
                f"the model is of schema version {model.Version()}, TensorFlow Lite Micro reads version "
                f"{SCHEMA_VERSION}",
                "convert it with a current TensorFlow; if it should be of that version, the file is damaged",
            )
        return Opened(_Reader(len(data), model).read(), model)
    except ASTRAY as caught:
        raise broken(f"{type(caught).__name__} while it was read") from caught


class _Reader:
    """Reads one file; `left` bounds what all tables together may claim, as they may share their bytes."""

    def __init__(self, size: int, model: Any) -> None:
        self.model = model
        self.left = size

    def count(self, length: int, what: str) -> range:
        if not 0 <= length <= self.left:
            raise broken(f"it claims {length} {what}")
        self.left -= length
        return range(length)

    def array(self, value: Any, what: str) -> list[Any]:
        """A vector of numbers; the accessors return 0 for one that is absent."""
        if not isinstance(value, np.ndarray):
            return []
        self.count(len(value), what)
        stored: list[Any] = value.tolist()
        return stored

    def read(self) -> Description:
        model = self.model
        self.codes = [self.code(model.OperatorCodes(at)) for at in self.count(model.OperatorCodesLength(), "codes")]
        self.buffers = [model.Buffers(at) for at in self.count(model.BuffersLength(), "buffers")]
        graphs = [self.subgraph(model.Subgraphs(at)) for at in self.count(model.SubgraphsLength(), "subgraphs")]
        if not graphs or not graphs[0].operators:
            raise ModelError("the model has no operators, or is damaged", "make it again")
        self.check_rest()
        return Description(tuple(graphs))

    def check_rest(self) -> None:
        """Bound what nobody looks at but whoever unpacks the whole file: metadata and signatures."""
        for at in self.count(self.model.MetadataLength(), "pieces of metadata"):
            self.text(self.model.Metadata(at).Name(), "")
        for at in self.count(self.model.SignatureDefsLength(), "signatures"):
            signature = self.model.SignatureDefs(at)
            self.text(signature.SignatureKey(), "")
            for length, end in (
                (signature.InputsLength(), signature.Inputs),
                (signature.OutputsLength(), signature.Outputs),
            ):
                for place in self.count(length, "ends of a signature"):
                    self.text(end(place).Name(), "")

    def text(self, stored: bytes | None, otherwise: str) -> str:
        """A name that fits one line of a message."""
        self.count(len(stored or b""), "characters of a name")
        return re.sub(r"[^\w./:;-]+", "_", (stored or b"")[:320].decode("utf-8", errors="replace"))[:80] or otherwise

    def code(self, code: Any) -> str:
        kind = kind_of(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        return f"CUSTOM:{self.text(code.CustomCode(), 'without a name')}" if kind == "CUSTOM" else kind

    def subgraph(self, graph: Any) -> Subgraph:
        tensors = tuple(self.tensor(graph.Tensors(at), at) for at in self.count(graph.TensorsLength(), "tensors"))
        ends = []
        for what, stored in (("input", graph.InputsAsNumpy()), ("output", graph.OutputsAsNumpy())):
            indices = tuple(self.array(stored, f"{what}s"))
            if any(not 0 <= index < len(tensors) for index in indices):
                raise broken(f"an {what} is tensor {max(indices, key=abs)} of {len(tensors)}")
            ends.append(indices)
        operators = tuple(
            self.operator(graph.Operators(at), at, len(tensors))
            for at in self.count(graph.OperatorsLength(), "operators")
        )
        return Subgraph(tensors, operators, ends[0], ends[1])

    def operator(self, operator: Any, at: int, tensors: int) -> Operator:
        if not 0 <= operator.OpcodeIndex() < len(self.codes):
            raise broken(f"operator {at} has the code {operator.OpcodeIndex()}")
        kind = self.codes[operator.OpcodeIndex()]
        inputs = tuple(self.array(operator.InputsAsNumpy(), "inputs of an operator"))
        outputs = tuple(self.array(operator.OutputsAsNumpy(), "outputs of an operator"))
        if any(not -1 <= i < tensors for i in inputs) or any(not 0 <= i < tensors for i in outputs):
            raise broken(f"operator {at} ({kind}) names a tensor that is not there")
        return Operator(kind, inputs, outputs)

    def tensor(self, tensor: Any, at: int) -> Tensor:
        name = self.text(tensor.Name(), f"tensor_{at}")
        shape = tuple(self.array(tensor.ShapeAsNumpy(), "dimensions"))
        if len(shape) > _LARGEST_RANK or any(size < 0 for size in shape):
            raise broken(f"tensor {at} ({name}) has the shape {list(shape[: _LARGEST_RANK + 1])}")
        signature = self.array(tensor.ShapeSignatureAsNumpy(), "dimensions")
        if not 0 <= tensor.Buffer() < len(self.buffers):
            raise broken(f"tensor {at} ({name}) has buffer {tensor.Buffer()} of {len(self.buffers)}")
        quantisation = tensor.Quantization()
        scales, zero_points, axis = (), (), 0
        if quantisation is not None:
            axis = quantisation.QuantizedDimension()
            scales = tuple(self.array(quantisation.ScaleAsNumpy(), "scales"))
            zero_points = tuple(self.array(quantisation.ZeroPointAsNumpy(), "zero points"))
        buffer = self.buffers[tensor.Buffer()]
        return Tensor(
            name=name,
            shape=shape,
            free=tuple(axis for axis, size in enumerate(signature[: len(shape)]) if size == _FREE),
            type=names("TensorType").get(tensor.Type(), f"type {tensor.Type()}").lower(),
            scales=scales,
            zero_points=zero_points,
            axis=axis,
            buffer=tensor.Buffer(),
            constant_bytes=buffer.DataLength(),
            dense=buffer.Offset() <= 1 and (tensor.Sparsity() is None or not buffer.DataLength()),
            variable=bool(tensor.IsVariable()),
        )
