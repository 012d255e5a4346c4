"""Holds the device's answers against the host's, and says what came of it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import (
    Build,
    DeviceIdentity,
    DType,
    InputResult,
    LinkStats,
    SetResult,
    SetWords,
    Ticks,
    Verdict,
    Verification,
)
from toolkit.artifacts.baseline import fingerprint
from toolkit.data.task import Kind, predicted
from toolkit.link.client import Answer
from toolkit.link.messages import Hello, TickUnit
from toolkit.statistics import histogram
from toolkit.verify import score, tolerance
from toolkit.verify.workload import Workload

FEWEST_DISTINCT = 3
"""With fewer distinct outputs than this, the inputs would not show most faults: the verdict is WEAK."""

MOST_EXPLAINED = 100
"""Inputs with a float32 output that no rounding explains; what comes after them is held to its own size alone, since
asking the interpreter sixteen times for each output of a broken device would take hours."""

_SAME_MANTISSA = 2.0**14
"""Two float32 outputs that agree to so many bits count as one when distinct ones are counted."""

_NUMPY: dict[DType, np.dtype[Any]] = {DType.INT8: np.dtype(np.int8), DType.FLOAT32: np.dtype("<f4")}


def elements(output: bytes, dtype: DType) -> npt.NDArray[np.float64]:
    """The output tensor's elements as they are stored, float64 [N]; empty if the bytes are no whole number of them."""
    kind = _NUMPY[dtype]
    return np.frombuffer(output, kind).astype(np.float64) if len(output) % kind.itemsize == 0 else np.zeros(0)


def differing(
    expected: bytes, got: bytes, dtype: DType, moved: Iterable[npt.NDArray[np.float64]] = ()
) -> npt.NDArray[np.bool_]:
    """Which elements of the device's output are not the host's, bool [N]; all of them where the sizes differ.

    int8 elements are the host's where they are equal; float32 ones by the rule of toolkit/verify/tolerance.py.

    Args:
        moved: float32: how far rounding may move the host's elements, draw by draw.
    """
    host, device = elements(expected, dtype), elements(got, dtype)
    if len(expected) != len(got):
        return np.ones(max(1, host.size), np.bool_)
    if dtype is DType.FLOAT32:
        return tolerance.unexplained(host, device, moved)
    return np.asarray(host != device)


def largest_difference(expected: bytes, got: bytes, dtype: DType) -> float:
    """The largest absolute difference of two output tensors in its own unit; infinite where it is no number."""
    host, device = elements(expected, dtype), elements(got, dtype)
    if len(expected) != len(got):
        return float("inf")
    with np.errstate(invalid="ignore"):
        apart = np.where(host == device, 0.0, np.abs(host - device))
    return float(apart.max(initial=0.0)) if np.isfinite(apart).all() else float("inf")


def _kind(row: npt.NDArray[Any]) -> bytes:
    """What two outputs have in common that count as one: float32 ones may differ by rounding."""
    if row.dtype.kind == "f":
        mantissa, exponent = np.frexp(row)
        with np.errstate(invalid="ignore"):
            row = np.ldexp(np.rint(mantissa * _SAME_MANTISSA) / _SAME_MANTISSA, exponent) + 0.0
    return hashlib.sha256(row.tobytes()).digest()


def distinct_outputs(workloads: Sequence[Workload], answers: Mapping[int, Answer], dtype: DType) -> int:
    """How many different outputs came back that show something.

    The host's and the device's are counted, and the smallest number is it. A float32 element that is the host's by its
    own size alone counts. One that is forgiven, because it is subnormal or because rounding moves it that far, counts
    as nothing, since any value there would have been forgiven; and so does an output that is forgiven half of its
    elements.

    Args:
        answers: by key, as for `judge`; those that are missing, or of another size, are left out.
    """
    hosts: set[bytes] = set()
    devices: set[bytes] = set()
    telling: set[bytes] = set()
    rows = (row for work in workloads for row in np.ascontiguousarray(work.expected))
    for key, row in enumerate(rows):
        answer = answers.get(key)
        if answer is None or len(answer.output) != row.nbytes:
            continue
        host, device = row.view(_NUMPY[dtype]), np.frombuffer(answer.output, _NUMPY[dtype])
        hosts.add(_kind(host))
        devices.add(_kind(device))
        own = tolerance.of_own_size(host.astype(np.float64), device.astype(np.float64))
        if own.sum() > own.size / 2:
            telling.add(_kind(np.where(own, host, host.dtype.type(0))))
    return min(len(hosts), len(devices), len(telling))


def _real(work: Workload, rows: npt.NDArray[np.uint8], dtype: DType) -> npt.NDArray[np.float64]:
    """The scored output of each row of bytes, float64 [N, elements]."""
    if work.real is not None:
        return work.real(rows)
    return rows.view(_NUMPY[dtype]).astype(np.float64)


def _predicted(work: Workload, output: bytes, dtype: DType) -> int | None:
    """The class that an output names; None for tasks in which it names none."""
    if work.task.kind in (Kind.REGRESS, Kind.RECONSTRUCT):
        return None
    return int(predicted(_real(work, np.frombuffer(output, np.uint8)[None], dtype))[0])


def _result(work: Workload, index: int, answer: Answer | None, dtype: DType) -> InputResult:
    expected = work.expected[index].tobytes()
    label = int(work.labels[index]) if work.labels is not None else None
    return InputResult(
        set=work.set,
        index=index,
        name=work.names[index] if work.names else "",
        label=label,
        predicted=_predicted(work, answer.output, dtype) if answer and len(answer.output) == len(expected) else None,
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


def _describe(result: InputResult, words: SetWords, wrong: npt.NDArray[np.bool_], dtype: DType) -> str:
    """The input, its first element that differs, and how many more do: never the whole tensor."""
    name = f" ({result.name})" if result.name else ""
    where = f"{words.short} {result.index}{name}"
    if result.got is None:
        return f"{where}: no answer"
    if len(result.got) != len(result.expected):
        return f"{where}: the device sent {len(result.got) // 2:,} bytes, the host has {len(result.expected) // 2:,}"
    place = int(np.argmax(wrong))
    host, device = (elements(bytes.fromhex(each), dtype)[place] for each in (result.expected, result.got))
    more = int(wrong.sum()) - 1
    told = f"{where}, element {place} of {wrong.size:,}: host {host:.9g}, device {device:.9g}"
    if more:
        told += f"; {more:,} more {'differs' if more == 1 else 'differ'}"
    return told + ("; NaN never counts as equal" if np.isnan(host) or np.isnan(device) else "")


def _set(work: Workload, results: Sequence[InputResult], dtype: DType) -> SetResult:
    """What came of one set."""
    size = work.expected.shape[1]
    answers = [(result.index, bytes.fromhex(result.got)) for result in results if result.got is not None]
    whole = [(index, output) for index, output in answers if len(output) == size]
    rows = np.frombuffer(b"".join(output for _, output in whole), np.uint8).reshape(len(whole), size)
    answered = np.array([index for index, _ in whole], np.int64)
    scored = score.of_set(work, results, _real(work, rows, dtype), answered)
    return SetResult(
        name=work.set,
        words=work.called(),
        asked=len(results),
        failed=sum(not result.passed for result in results),
        score=scored.score,
        confusion=scored.confusion,
        classes=work.classes,
        picture=work.picture,
        singly=tuple(results) if work.singly else (),
        task=str(work.task.kind if work.labels is None else Kind.CLASSIFY),
        scores=scored.scores,
        details=scored.details,
        form=work.form,
        inputs_sha256=work.inputs_sha256,
        outputs_crc=fingerprint(bytes.fromhex(each.got) if each.got is not None else None for each in results),
    )


def _verdict(*, missing: bool, differs: bool, decides: bool, distinct: int) -> Verdict:
    """See docs/verdicts.md. A missing output is the device's or the link's fault by whatever measure."""
    if missing:
        return Verdict.DIFFERS
    if not decides:
        return Verdict.UNDECIDED
    if differs:
        return Verdict.DIFFERS
    return Verdict.WEAK if distinct < FEWEST_DISTINCT else Verdict.PROVEN


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
    inputs: str = "",
    decides: bool = True,
) -> Verification:
    """The verdict.

    Args:
        answers: by key; keys count through the workloads in order.
        hello: what the device said of itself last.
        reference: the interpreter that gave the expected outputs, in words.
        inputs: what was sent, in words.
        decides: the reference is the measure; False for a stand-in, whose int8 outputs a sound device need not give.
        seconds, asked: how long this run took and for how many inputs it asked, for the rate.
    """
    sets: list[SetResult] = []
    results: list[InputResult] = []
    failed: list[InputResult] = []
    first: str | None = None
    missing = False
    worst = 0.0
    for work in workloads:
        base = len(results)
        for index in range(len(work.inputs)):
            answer = answers.get(base + index)
            result = _result(work, index, answer, build.dtype)
            expected = work.expected[index].tobytes()
            if answer is None:
                wrong = np.ones(1, np.bool_)
            else:
                moved = work.moved(index) if work.moved is not None and len(failed) < MOST_EXPLAINED else ()
                wrong = differing(expected, answer.output, build.dtype, moved)
                worst = max(worst, largest_difference(expected, answer.output, build.dtype))
            meant = _predicted(work, expected, build.dtype) if wrong.any() else None
            result = dataclasses.replace(result, within_tolerance=not wrong.any(), meant=meant)
            missing = missing or answer is None or len(answer.output) != len(expected)
            results.append(result)
            if not result.passed:
                failed.append(result)
                first = first or _describe(result, work.called(), wrong, build.dtype)
        sets.append(_set(work, results[base:], build.dtype))
    distinct = distinct_outputs(workloads, answers, build.dtype)
    return Verification(
        board=build.board,
        model=build.model,
        dtype=build.dtype,
        asked=len(results),
        answered=len(answers),
        bit_exact=sum(result.exact for result in results),
        within_tolerance=len(results) - len(failed),
        tolerance=tolerance.RELATIVE if build.dtype is DType.FLOAT32 else 0.0,
        max_difference=worst if worst != float("inf") else -1.0,
        resent=stats.resent,
        verdict=_verdict(missing=missing or not results, differs=bool(failed), decides=decides, distinct=distinct),
        inputs=inputs or "; ".join(f"{len(work.inputs):,} inputs of the set {work.set}" for work in workloads),
        distinct_outputs=distinct,
        reference=reference,
        first_difference=first,
        ticks=_ticks(answers, hello),
        seconds=round(seconds, 3),
        inputs_per_second=round(asked / seconds, 1) if seconds > 0 else 0.0,
        device=DeviceIdentity(
            hello.board, hello.runtime, hello.model_sha256, hello.build_id, hello.arena_bytes, hello.stack_bytes
        ),
        link=stats,
        sets=tuple(sets),
        wrong=tuple(
            result
            for result in results
            if not result.passed or (result.label is not None and result.predicted != result.label)
        ),
    )
