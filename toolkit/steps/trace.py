"""Layer by layer: traces the first inputs of a run, and where a device differs finds the layer, the element and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import Build, FirstDifference, Trace, TracePoint, Verdict, Verification
from toolkit.errors import LinkError, ModelError, StaleFirmwareError
from toolkit.listener import Listener
from toolkit.tflite.ends import ends_of

if TYPE_CHECKING:
    from toolkit.link.client import Client
    from toolkit.reference.layers import Tensors
    from toolkit.workloads import Assembled

Host = Callable[[int], "Tensors"]
"""From an input's place to what the other side has for each tensor."""

NOT_ASKED = Trace(missing="it was not asked for (--trace 0)")
AS_THE_HOST = (
    "asked again layer by layer, the device gives the host's bytes in every layer: its constants and kernels are "
    "right, and what differed came from elsewhere (power, memory, an interrupt that writes where it should not)"
)


@dataclass(frozen=True)
class Tracer:
    """One device and the host beside it.

    Attributes:
        build: what the device runs.
        client: the device.
        rows: uint8 [N, bytes of all inputs]: the run's inputs as the network's engine takes them.
        host: from a row's place to the host's tensors, or another side's.
    """

    build: Build
    client: Client
    rows: npt.NDArray[np.uint8]
    host: Host

    def first(self, place: int) -> tuple[int, bytes, bytes] | None:
        """The first layer that differs for the input at `place`: its number, the host's bytes and the device's."""
        from toolkit.verify import layers

        points = self.build.points
        told = self.client.trace(place, self.rows[place].tobytes(), layers.wanted(points))
        host = self.host(place)
        if not told.layers:
            return None
        known = ((at, point) for at, point in enumerate(points) if point.tensor in host)
        wrong = (at for at, point in known if not layers.same(point, host, told, at))
        layer = next(wrong, None)
        if layer is None:
            return None
        again = self.client.trace(place, self.rows[place].tobytes(), range(layer, layer + 1))
        return layer, points[layer].of_host(host[points[layer].tensor]), again.layers[layer].data


def tracer(build: Build, client: Client, rows: npt.NDArray[np.uint8], tflite: bytes) -> Tracer:
    """A device beside the host.

    Raises:
        ModelError: the host does not tell of its layers.
    """
    from toolkit.reference.layers import samples_of, tensors_of
    from toolkit.workloads import as_read

    specs = ends_of(tflite).inputs
    tensors = tensors_of(tflite, [point.tensor for point in build.points])
    read = as_read(build, rows)
    return Tracer(build, client, rows, lambda place: tensors(samples_of(specs, read[place : place + 1])[0]))


def why_not(build: Build, client: Client) -> str:
    """Why a device cannot be traced; empty if it can."""
    hello = client.device or client.hello()
    if not build.points or not hello.layers:
        return "the library that computes the network on this board tells of no layers"
    if hello.layers != len(build.points):
        return f"the device tells of {hello.layers} layers, the build has {len(build.points)}"
    return ""


def judged_by_layers(
    result: Verification,
    build: Build,
    assembled: Assembled,
    clients: Mapping[str, Client],
    count: int,
    listener: Listener,
) -> Verification:
    """The verdict with what the layers say: a run whose outputs are equal DIFFERS if a layer on the way does.

    Args:
        clients: the devices, by port; the first that answers is traced.
        count: of the first inputs; of made-up ones all, unless it is 0.

    Raises:
        StaleFirmwareError: the device began to run another firmware.
    """
    if result.verdict is Verdict.UNDECIDED or not count or not clients:
        return dataclasses.replace(result, trace=NOT_ASKED if not count else Trace(missing="nothing could be held"))
    rows = np.concatenate(assembled.tensors)
    asked = range(len(rows) if assembled.inputs.made else min(count, len(rows)))
    said = ""
    for client in clients.values():
        try:
            said = why_not(build, client)
            if said:
                break
            return _traced(result, tracer(build, client, rows, assembled.inputs.tflite), asked, assembled, listener)
        except StaleFirmwareError:
            raise
        except ModelError as caught:
            said = caught.message
            break
        except LinkError as caught:  # one of several boards may have been lost
            said = caught.message
    return dataclasses.replace(result, trace=Trace(missing=said))


def _traced(
    result: Verification, found: Tracer, asked: range, assembled: Assembled, listener: Listener
) -> Verification:
    from toolkit.verify import layers

    points = found.build.points
    answers, hosts = [], []
    with listener.answering("layers") as progress:
        for place in asked:
            hosts.append(found.host(place))
            answers.append(found.client.trace(place, found.rows[place].tobytes(), layers.wanted(points)))
            progress(place + 1, len(asked), place + 1, 0)
    held = layers.hold(points, hosts, answers)
    result = dataclasses.replace(result, trace=held.trace)
    if result.first_difference is not None:
        return dataclasses.replace(result, first_difference=_explained(result.first_difference, found, assembled))
    if held.first is None:
        return result
    set_name, index = input_of(assembled, held.first[0])
    first = FirstDifference("", set_name, index)
    return dataclasses.replace(
        result, verdict=Verdict.DIFFERS, first_difference=_explained(first, found, assembled, held.first[0])
    )


def input_of(assembled: Assembled, place: int) -> tuple[str, int]:
    """The set of an input that is at `place` in all of them together, and its own place in it."""
    for work in assembled.workloads:
        if place < len(work.inputs):
            return work.set, place
        place -= len(work.inputs)
    raise IndexError(place)


def _place(assembled: Assembled, of: FirstDifference) -> int:
    before = 0
    for work in assembled.workloads:
        if work.set == of.set:
            return before + of.input
        before += len(work.inputs)
    raise LookupError(of.set)


def _explained(
    first: FirstDifference, found: Tracer, assembled: Assembled, place: int | None = None
) -> FirstDifference:
    """With the layer, its element, and why; as it is where no input was answered at all."""
    place = _place(assembled, first) if place is None else place
    located = located_at(found, place, assembled.inputs.tflite)
    if located is None:
        return (
            dataclasses.replace(first, said=f"{first.said}; {AS_THE_HOST}", cause=AS_THE_HOST) if first.said else first
        )
    names = {work.set: work.called().short for work in assembled.workloads}
    before = f"{first.said}; the first layer that differs is " if first.said else f"{names[first.set]} {first.input}: "
    return dataclasses.replace(located, said=before + located.said, set=first.set, input=first.input)


def located_at(found: Tracer, place: int, tflite: bytes) -> FirstDifference | None:
    """Where a device first differs from the host on one input; None if no layer does."""
    at = found.first(place)
    if at is None:
        return None
    layer, host, device = at
    point = found.build.points[layer]
    from toolkit.steps import causes

    cause = causes.of(found, layer, place, host, device, tflite)
    return difference(point, host, device, cause)


def difference(point: TracePoint, host: bytes, device: bytes, cause: str = "") -> FirstDifference:
    """The first element of a layer's output that differs."""
    from toolkit.verify import layers

    if len(host) != len(device):
        said = f"{point.title}: the device has {len(device):,} bytes of it, the host {len(host):,}"
        return FirstDifference(said, "", 0, point.name, " + ".join(point.operators), point.output.name, cause=cause)
    wrong = layers.differing(point, host, device)
    index = tuple(int(each) for each in np.argwhere(wrong)[0])
    due, got = (float(layers.elements(point, each)[index]) for each in (host, device))
    more = int(wrong.sum()) - 1
    said = f"{point.title}, element {list(index)} of {list(point.output.shape)}: host {due:.9g}, device {got:.9g}"
    if point.kept:
        said += f" (the network's channel {point.kept[index[-1]]}: those that never change are left out)"
    if more:
        said += f"; {more:,} more {'differs' if more == 1 else 'differ'}"
    return FirstDifference(
        said=f"{said}; {cause}" if cause else said,
        set="",
        input=0,
        layer=point.name,
        operator=" + ".join(point.operators),
        tensor=point.output.name,
        index=index,
        host=due if np.isfinite(due) else None,
        device=got if np.isfinite(got) else None,
        more=more,
        cause=cause,
    )
