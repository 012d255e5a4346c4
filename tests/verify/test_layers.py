"""A device's layers beside the host's: which is the first that differs, in which element, and why."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from toolkit import resources
from toolkit.artifacts import Build, ElementType, Runtime, TensorSpec, TracePoint
from toolkit.errors import LinkError
from toolkit.link.client import Trace
from toolkit.link.messages import TracedLayer
from toolkit.reference.layers import Tensors, samples_of, tensors_of
from toolkit.steps import causes, trace
from toolkit.steps.trace import Tracer
from toolkit.tflite import description
from toolkit.tflite.ends import ends_of
from toolkit.tflite.points import points_of
from toolkit.verify import layers

PROPOSED = (resources.models() / "proposed" / "proposed_int8.tflite").read_bytes()
POINTS = points_of(PROPOSED)
ROWS = np.random.default_rng(5).integers(0, 256, (3, 784)).astype(np.uint8)


class FakeClient:
    """A device that computes another file than the host, or the same with something done to its layers."""

    def __init__(self, tflite: bytes, meddle: Callable[[int, bytes], bytes] = lambda _, data: data) -> None:
        self._tensors = tensors_of(tflite, [point.tensor for point in POINTS])
        self._meddle = meddle

    def trace(self, key: int, data: bytes, keep: range) -> Trace:
        """See Client."""
        row = np.frombuffer(data, np.uint8)[None]
        found = self._tensors(samples_of(ends_of(PROPOSED).inputs, row)[0])
        parts = [self._meddle(place, found[point.tensor]) for place, point in enumerate(POINTS)]
        told = [
            TracedLayer(place, 7, zlib.crc32(part), part if place in keep else b"", len(part), len(part))
            for place, part in enumerate(parts)
        ]
        return Trace(key, parts[-1], 7 * len(told), tuple(told))

    def read(self, *_: int) -> Any:
        """It does not let itself be read."""
        raise LinkError("no", "")


def tracer(client: FakeClient, host: Callable[[int], Tensors] | None = None) -> Tracer:
    """That device beside the interpreter."""
    build = Build(**_build(), points=POINTS)
    if host is None:
        return trace.tracer(build, client, ROWS, PROPOSED)  # type: ignore[arg-type]  # as far as it is used
    return Tracer(build, client, ROWS, host)  # type: ignore[arg-type]


def _build() -> dict[str, Any]:
    fields = {field.name: field.type for field in dataclasses.fields(Build) if field.default is dataclasses.MISSING}
    plain = {name: None for name in fields if name not in _MADE}
    return plain | {"runtime": Runtime.TFLM}


_MADE = {
    field.name
    for field in dataclasses.fields(Build)
    if field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
}


def first_scale_for_all(tflite: bytes) -> bytes:
    """What a library from before per-channel dense layers computes."""
    changed = bytearray(tflite)
    opened = description.opened(changed)
    for operator in opened.description.main.operators:
        if operator.kind == "FULLY_CONNECTED":
            scales = opened.scales(operator.inputs[1])
            scales[:] = scales[0]
    return bytes(changed)


def located(client: FakeClient) -> Any:
    """Where it first differs on the first input."""
    return trace.located_at(tracer(client), 0, PROPOSED)


def test_a_sound_device_differs_nowhere() -> None:
    assert located(FakeClient(PROPOSED)) is None


def test_an_old_librarys_dense_layer_is_named_as_such() -> None:
    """docs/tflm.md: it uses the first scale for all units, and says nothing."""
    found = located(FakeClient(first_scale_for_all(PROPOSED)))
    assert (found.layer, found.operator) == ("operator 7", "FULLY_CONNECTED")
    assert found.cause == causes.PER_CHANNEL
    assert found.host != found.device
    assert found.index[0] == 0
    assert found.index[1] > 0  # the first unit's scale is its own


@pytest.mark.parametrize("place", range(len(POINTS)))
def test_every_layer_is_named(place: int) -> None:
    def spoil(layer: int, data: bytes) -> bytes:
        return data[:-1] + bytes([data[-1] ^ 0x55]) if layer >= place else data

    found = located(FakeClient(PROPOSED, spoil))
    assert found.layer == POINTS[place].name
    assert found.index == tuple(size - 1 for size in POINTS[place].output.shape)
    assert (found.more, found.cause) == (0, "")


def _added(by: int) -> Callable[[int, bytes], bytes]:
    def meddle(layer: int, data: bytes) -> bytes:
        values = np.frombuffer(data, np.int8)
        return np.where(values < 100, values + by, values).astype(np.int8).tobytes() if layer == 3 else data

    return meddle


def test_one_step_is_another_rounding_and_all_the_same_is_nothing_computed() -> None:
    assert located(FakeClient(PROPOSED, _added(1))).cause == causes.ROUNDING
    assert located(FakeClient(PROPOSED, _added(2))).cause == ""
    zeroed = FakeClient(PROPOSED, lambda layer, data: bytes(len(data)) if layer == 3 else data)
    assert located(zeroed).cause == causes.ZEROED


def point(dtype: ElementType, shape: tuple[int, ...]) -> TracePoint:
    """Some layer."""
    return TracePoint("layer 0", ("DEQUANTIZE",), 0, TensorSpec("t", shape, dtype, 0.0, 0))


def test_numbers_that_were_not_dequantised() -> None:
    build = Build(**_build(), points=(point(ElementType.FLOAT32, (1, 6)),))
    found = Tracer(build, FakeClient(PROPOSED), ROWS, lambda _: {})  # type: ignore[arg-type]
    stored = np.array([-100, -3, 0, 8, 90, 127], np.float32)
    real = ((stored + 3) * np.float32(0.037)).astype(np.float32)
    assert causes.of(found, 0, 0, real.tobytes(), stored.tobytes(), PROPOSED) == causes.NOT_DEQUANTISED
    other = np.array([-100, 3, 0, 8, 90, 127], np.float32)
    assert causes.of(found, 0, 0, real.tobytes(), other.tobytes(), PROPOSED) == ""


def floats(*values: float) -> bytes:
    """As float32."""
    return np.array(values, np.float32).tobytes()


def wrong(host: bytes, device: bytes) -> npt.NDArray[np.bool_]:
    """Which float32 elements differ."""
    return layers.differing(point(ElementType.FLOAT32, (len(host) // 4,)), host, device)


def test_float32_layers_by_a_share_of_the_largest_element() -> None:
    assert not wrong(floats(10, 0), floats(10, 0.0009)).any()
    assert wrong(floats(10, 0), floats(10, 0.0012)).tolist() == [False, True]
    assert wrong(floats(1, np.inf), floats(np.nan, np.inf)).tolist() == [True, False]
    assert wrong(floats(1, np.nan), floats(1, np.nan)).tolist() == [False, True]


def test_layers_that_the_other_side_lacks_are_left_out() -> None:
    client = FakeClient(PROPOSED, _added(2))
    known = tensors_of(PROPOSED, [POINTS[2].tensor, POINTS[4].tensor])
    inputs = samples_of(ends_of(PROPOSED).inputs, ROWS)
    hosts = [known(inputs[place]) for place in range(3)]
    answers = [client.trace(place, ROWS[place].tobytes(), range(0)) for place in range(3)]
    held = layers.hold(POINTS, hosts, answers)
    assert [each.name for each in held.trace.layers] == ["operator 2", "operator 4"]
    assert [each.equal for each in held.trace.layers] == [3, 3]
    assert held.first is None
    found = tracer(client, lambda place: hosts[place])
    assert found.first(0) is None


def test_a_library_without_a_profiler_says_so() -> None:
    answers = [Trace(0, b"", 1, ())]
    held = layers.hold(POINTS, [{}], answers)
    assert held.first is None
    assert "without its profiler" in held.trace.missing
