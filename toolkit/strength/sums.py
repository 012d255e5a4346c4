"""What came of the faults, as the artifact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from toolkit.artifacts import LayerStrength, Strength
from toolkit.strength.faults import Fault
from toolkit.strength.rounds import Outcome


class Named(Protocol):
    """A layer as far as it is spoken of."""

    @property
    def operators(self) -> tuple[str, ...]:
        """The .tflite's operators that it computes."""
        ...

    @property
    def tensor(self) -> str:
        """The name of the tensor that it writes."""
        ...


def summed(layers: Sequence[Named], faults: Sequence[Fault], outcome: Outcome, inputs: int, how: str) -> Strength:
    """The artifact; `how` as in `Strength`."""
    counts = [[0, 0] for _ in layers]
    zeroed: list[bool | None] = [None] * len(counts)
    tried, by_layers = inputs, 0
    for fault, shown_at, shown, reached, inputs_tried in zip(
        faults, outcome.seen, outcome.shown, outcome.reached, outcome.tried, strict=True
    ):
        if not fault.certain and not reached:
            continue  # the layer's output is this very zero, always: there is no fault
        counts[fault.layer][0] += 1
        seen = shown_at is not None or shown
        by_layers += shown_at is None and shown
        counts[fault.layer][1] += seen
        if fault.fill is not None:
            zeroed[fault.layer] = zeroed[fault.layer] is not False and seen
        if not seen:
            tried = min(tried, inputs_tried)
    each_layer = tuple(
        LayerStrength(f"layer {number}", layer.operators, layer.tensor, planted, seen, zero)
        for number, (layer, (planted, seen), zero) in enumerate(zip(layers, counts, zeroed, strict=True))
    )
    return Strength(
        planted=sum(layer.planted for layer in each_layer),
        seen=sum(layer.seen for layer in each_layer),
        by_layers=by_layers,
        unseen_layers=tuple(layer.title for layer in each_layer if layer.zeroed is False),
        layers=each_layer,
        tried=tried,
        inputs=inputs,
        how=how,
    )
