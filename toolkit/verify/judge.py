"""Holds the device's answers against the host's, and says what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from toolkit.artifacts import (
    Build,
    DeviceIdentity,
    DType,
    ImageResult,
    LinkStats,
    Score,
    Ticks,
    Verification,
)
from toolkit.link.client import Answer
from toolkit.link.messages import Hello, TickUnit
from toolkit.statistics import confusion_matrix, histogram, wilson_interval
from toolkit.verify.workload import Workload

# float32 outputs of two correct implementations differ by the order of summation and by the last bits of expf. The
# bound is on the absolute difference for outputs up to 1 (softmax) and relative to the largest output beyond.
FLOAT_TOLERANCE = 1e-5

# Beyond this many outputs a network is no classifier, and a confusion matrix would only be large.
MOST_CLASSES = 64

_NUMPY: dict[DType, np.dtype[Any]] = {DType.INT8: np.dtype(np.int8), DType.FLOAT32: np.dtype("<f4")}


def difference(expected: bytes, got: bytes, dtype: DType) -> float:
    """The largest absolute difference of two output tensors; infinite where either is no number or they differ in size.

    int8 outputs are compared as integers; float32 ones beyond 1 are scaled by the largest expected magnitude.
    """
    if len(expected) != len(got):
        return float("inf")
    a = np.frombuffer(expected, _NUMPY[dtype]).astype(np.float64)
    b = np.frombuffer(got, _NUMPY[dtype]).astype(np.float64)
    if dtype is DType.FLOAT32 and not (np.isfinite(a).all() and np.isfinite(b).all()):
        return 0.0 if expected == got else float("inf")
    scale = max(1.0, float(np.abs(a).max(initial=0.0))) if dtype is DType.FLOAT32 else 1.0
    return float(np.abs(a - b).max(initial=0.0)) / scale


def predicted_class(output: bytes, dtype: DType) -> int:
    """The index of the largest output element; the first of equals, as numpy's argmax has it."""
    return int(np.frombuffer(output, _NUMPY[dtype]).argmax())


def _result(work: Workload, index: int, answer: Answer | None, dtype: DType) -> ImageResult:
    expected = work.expected[index].tobytes()
    label = int(work.labels[index]) if work.labels is not None else None
    return ImageResult(
        set=work.set,
        index=index,
        name=work.names[index] if work.names else "",
        label=label,
        predicted=predicted_class(answer.output, dtype) if answer and len(answer.output) == len(expected) else None,
        expected=expected.hex(),
        got=answer.output.hex() if answer else None,
        exact=answer is not None and answer.output == expected,
        ticks=answer.ticks if answer else None,
    )


def _ticks(answers: Mapping[int, Answer], hello: Hello) -> Ticks | None:
    values = sorted(answer.ticks for answer in answers.values())
    if not values or hello.tick_unit is TickUnit.NONE:
        return None
    return Ticks(hello.tick_unit.name.lower(), values[0], values[len(values) // 2], values[-1], histogram(values))


def _pairs(results: Sequence[ImageResult]) -> Iterator[tuple[int, int]]:
    """(label, predicted) of those that have both."""
    for result in results:
        if result.label is not None and result.predicted is not None:
            yield result.label, result.predicted


def _describe(result: ImageResult) -> str:
    name = f" ({result.name})" if result.name else ""
    return f"{result.set} image {result.index}{name}: host {result.expected}, device {result.got or 'no answer'}"


def judge(
    build: Build,
    workloads: Sequence[Workload],
    answers: Mapping[int, Answer],
    hello: Hello,
    stats: LinkStats,
    *,
    reference: str,
    seconds: float,
    asked: int,
) -> Verification:
    """The verdict.

    Args:
        answers: by key; keys count through the workloads in order.
        hello: what the device said of itself last.
        seconds, asked: how long this run took and for how many images it asked, for the rate.
    """
    tolerance = FLOAT_TOLERANCE if build.dtype is DType.FLOAT32 else 0.0
    accuracy: dict[str, Score] = {}
    confusion: dict[str, tuple[tuple[int, ...], ...]] = {}
    results: list[ImageResult] = []
    failed: list[ImageResult] = []
    worst = 0.0
    for work in workloads:
        base = len(results)
        for index in range(len(work.inputs)):
            answer = answers.get(base + index)
            apart = difference(work.expected[index].tobytes(), answer.output, build.dtype) if answer else float("inf")
            if answer:
                worst = max(worst, apart)
            result = _result(work, index, answer, build.dtype)
            result = dataclasses.replace(result, within_tolerance=result.exact or apart <= tolerance)
            results.append(result)
            if not result.passed:
                failed.append(result)
        if work.labels is not None:
            correct = sum(result.predicted == result.label for result in results[base:])
            low, high = wilson_interval(correct, len(work.inputs))
            accuracy[work.set] = Score(correct, len(work.inputs), (low, high))
            outputs = work.expected.shape[1] // _NUMPY[build.dtype].itemsize
            classes = max(outputs, 1 + int(work.labels.max(initial=0)))
            if classes <= MOST_CLASSES:
                confusion[work.set] = confusion_matrix(_pairs(results[base:]), classes)
    return Verification(
        board=build.board,
        model=build.model,
        dtype=build.dtype,
        images=len(results),
        answered=len(answers),
        bit_exact=sum(result.exact for result in results),
        within_tolerance=len(results) - len(failed),
        tolerance=tolerance,
        max_difference=worst if worst != float("inf") else -1.0,
        resent=stats.resent,
        proven=bool(results) and not failed,
        reference=reference,
        first_difference=_describe(failed[0]) if failed else None,
        accuracy=accuracy,
        ticks=_ticks(answers, hello),
        seconds=round(seconds, 3),
        images_per_second=round(asked / seconds, 1) if seconds > 0 else 0.0,
        device=DeviceIdentity(
            hello.board, hello.runtime, hello.model_sha256, hello.build_id, hello.arena_bytes, hello.stack_bytes
        ),
        link=stats,
        external=tuple(result for result in results if result.set in ("external", "images")),
        wrong=tuple(
            result
            for result in results
            if not result.passed or (result.label is not None and result.predicted != result.label)
        ),
        confusion=confusion,
    )
