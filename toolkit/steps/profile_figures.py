"""A profile, put together of what each input took and of what the build knows of its layers."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolkit.artifacts import Build, LayerProfile, Profile, SharedKernel, TracePoint

if TYPE_CHECKING:
    from toolkit.emulate import Counter
    from toolkit.emulate.counts import Stretch
    from toolkit.steps.profile_asked import Taken


def put_together(build: Build, unit: str, taken: Sequence[Taken], counter: Counter | None) -> Profile:
    """The profile of the input whose inference is the median of all: every figure is of one and the same inference.

    Args:
        unit: of all ticks.
        taken: at least one input.
        counter: of an estimate: who counted.
    """
    totals = [each.whole for each in taken]
    # Of an even number the lower one: an inference that there was.
    shown = sorted(range(len(taken)), key=totals.__getitem__)[(len(taken) - 1) // 2]
    one = taken[shown]
    shared, own = _kernels(build)
    macs = _macs(build)
    together = sum(one.layers)
    layers = tuple(
        LayerProfile(
            name=point.name,
            operators=point.operators,
            tensor=point.output.name,
            ticks=ticks,
            share=ticks / together if together else 0.0,
            macs=macs[number],
            flash_bytes=_flash(build, number, own),
            ram_bytes=_ram(build, number, point),
            live_bytes=_live(build, number),
        )
        for number, (point, ticks) in enumerate(zip(build.points, one.layers, strict=True))
    )
    result = Profile(
        board=build.board,
        board_name=build.board_name,
        model=build.model,
        dtype=build.dtype,
        runtime=build.runtime,
        build_id=build.build_id,
        clock_hz=build.clock_hz,
        unit=unit,
        estimate=counter is not None,
        total=one.whole,
        inputs=len(taken),
        input=shown,
        fastest=min(totals),
        slowest=max(totals),
        layers=layers,
        kernels=shared,
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    return result if counter is None else _with_counts(result, one.counted, counter)


def _with_counts(result: Profile, counted: Sequence[Stretch], counter: Counter) -> Profile:
    whole, *each = counted
    layers = tuple(
        dataclasses.replace(
            layer,
            instructions=stretch.instructions,
            least=stretch.least,
            most=stretch.most,
            flash_reads=stretch.flash_reads,
        )
        for layer, stretch in zip(result.layers, each, strict=True)
    )
    return dataclasses.replace(
        result,
        layers=layers,
        instructions=whole.instructions,
        least=whole.least,
        most=whole.most,
        flash_reads=whole.flash_reads,
        weighed_by=counter.WEIGHED_BY,
        flash_waits=counter.FLASH_WAITS * whole.flash_reads,
    )


def _kernels(build: Build) -> tuple[tuple[SharedKernel, ...], dict[str, int]]:
    """Kernels that are no single layer's, and by layer the code of those that are."""
    shared, own = [], dict.fromkeys((layer.name for layer in build.layers), 0)
    for kernel, code_bytes in build.size.kernels.items():
        callers = [(number, layer) for number, layer in enumerate(build.layers) if kernel in layer.kernels]
        if len(callers) == 1:
            own[callers[0][1].name] += code_bytes
        else:
            shared.append(SharedKernel(kernel, code_bytes, tuple(build.points[number].name for number, _ in callers)))
    return tuple(shared), own


def _macs(build: Build) -> list[int]:
    """Of each layer: as compiled; an interpreter's operators by their shapes, at the first output of several."""
    from toolkit.tflite import describe
    from toolkit.tflite.macs import macs_of

    if build.layers:
        return [layer.macs for layer in build.layers]
    graph = describe(build.read_model()).main
    of_first = {each.outputs[0]: macs_of(each, graph.tensors) for each in graph.operators if each.outputs}
    return [of_first.get(point.tensor, 0) for point in build.points]


def _flash(build: Build, number: int, own: dict[str, int]) -> int | None:
    if not build.layers:
        return None
    layer = build.layers[number]
    size = build.size.layers.get(layer.name)
    # An optimiser may have made the layer's function part of another: its constants are then all that is known.
    return (layer.constants_bytes if size is None else size.code_bytes + size.constants_bytes) + own[layer.name]


def _ram(build: Build, number: int, point: TracePoint) -> int:
    scratch = f"{build.layers[number].name} scratch" if build.layers else None
    return point.output.size_bytes + sum(each.bytes for each in build.plan if each.name == scratch)


def _live(build: Build, number: int) -> int | None:
    if not build.plan:
        return None
    # An output may lie under its own input: what both cover counts once.
    covered = 0
    end = 0
    for start, bytes_ in sorted((b.offset, b.bytes) for b in build.plan if b.first_use <= number <= b.last_use):
        covered += max(0, start + bytes_ - max(start, end))
        end = max(end, start + bytes_)
    return covered
