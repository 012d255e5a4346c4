"""What a file is made into before either side reads it, so that both read the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from toolkit.tflite import batch, float16, padding, schema
from toolkit.tflite.batch import NotFixedError
from toolkit.tflite.description import ASTRAY, Description, broken
from toolkit.tflite.obstacles import Obstacle
from toolkit.tflite.padding import UnknownPaddingError

BATCH_HINT = "fix the batch before you convert: keras.Input(shape, batch_size=1)"


@dataclass(frozen=True)
class Rewritten:
    """A file for both sides.

    Attributes:
        data: the very bytes that were given, where nothing was to be done.
        changes: what was done, in words that follow "with ..."; empty where nothing was.
        obstacles: what would have had to be done, and cannot be.
    """

    data: bytes
    changes: tuple[str, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


def _is_suspect(description: Description) -> bool:
    """Whether there can be anything to do, told from the description alone: few files are ever unpacked."""
    return any(
        tensor.free or tensor.type == "float16" for graph in description.subgraphs for tensor in graph.tensors
    ) or any(operator.kind == padding.KIND for graph in description.subgraphs for operator in graph.operators)


def rewrite(tflite: bytes, description: Description) -> Rewritten:
    """Fix a free batch at 1, make float16 weights float32, and have a PAD pad for SPACE_TO_BATCH_ND.

    Args:
        tflite: the file.
        description: of it; that it could be described is what makes it safe to unpack.

    Raises:
        ModelError: the file is broken where the description does not look.
    """
    if not _is_suspect(description):
        return Rewritten(tflite)
    try:
        return _rewritten(tflite)
    except (*ASTRAY, RecursionError) as caught:
        raise broken(f"{type(caught).__name__} while it was rewritten") from caught


def _rewritten(tflite: bytes) -> Rewritten:
    model = schema.unpacked(tflite)
    changes = []
    if float16.widen(model):
        changes.append("its float16 weights as float32")
    try:
        if batch.fix(model):
            changes.append("its free batch fixed at 1")
        if padding.split(model):
            changes.append("a PAD before SPACE_TO_BATCH_ND")
    except NotFixedError as caught:
        return Rewritten(tflite, (), (Obstacle(f"a free batch: {caught}", BATCH_HINT),))
    except UnknownPaddingError as caught:
        return Rewritten(tflite, (), (Obstacle(str(caught), BATCH_HINT),))
    if not changes:
        return Rewritten(tflite)
    _prune(model)
    return Rewritten(schema.packed(model, len(tflite)), tuple(changes))


def _prune(model: Any) -> None:
    """Drop tensors that nothing reads or writes any more, and a memory plan that was made for others."""
    metadata = model.metadata or []
    model.metadata = [each for each in metadata if each.name != b"OfflineMemoryAllocation"] or None
    for place, graph in enumerate(model.subgraphs):
        used = set(schema.listed(graph.inputs)) | set(schema.listed(graph.outputs))
        for operator in graph.operators:
            for vector in (operator.inputs, operator.outputs, operator.intermediates):
                used.update(index for index in schema.listed(vector) if index >= 0)
        for signature in model.signatureDefs or []:
            if signature.subgraphIndex == place:
                used.update(end.tensorIndex for end in (*(signature.inputs or []), *(signature.outputs or [])))
        _renumber(model, graph, place, sorted(index for index in used if index < len(graph.tensors)))
    _drop_buffers(model)


def _renumber(model: Any, graph: Any, place: int, kept: Iterable[int]) -> None:
    kept = list(kept)
    moved = {-1: -1} | {old: new for new, old in enumerate(kept)}

    def renumbered(vector: Any) -> list[int] | None:
        return None if vector is None else [moved[index] for index in schema.listed(vector)]

    graph.tensors = [graph.tensors[index] for index in kept]
    graph.inputs, graph.outputs = renumbered(graph.inputs), renumbered(graph.outputs)
    for operator in graph.operators:
        operator.inputs, operator.outputs = renumbered(operator.inputs), renumbered(operator.outputs)
        operator.intermediates = renumbered(operator.intermediates)
    for signature in model.signatureDefs or []:
        if signature.subgraphIndex == place:
            for end in (*(signature.inputs or []), *(signature.outputs or [])):
                end.tensorIndex = moved[end.tensorIndex]


def _drop_buffers(model: Any) -> None:
    used = {0} | {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    used |= {each.buffer for each in model.metadata or []}
    kept = sorted(index for index in used if index < len(model.buffers))
    moved = {old: new for new, old in enumerate(kept)}
    model.buffers = [model.buffers[index] for index in kept]
    model.metadataBuffer = None
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer = moved[tensor.buffer]
    for each in model.metadata or []:
        each.buffer = moved[each.buffer]
