"""Holds the device's answers against the host's, and says what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import (
    Build,
    DeviceIdentity,
    ElementType,
    FirstDifference,
    InputResult,
    LinkStats,
    SetResult,
    SetWords,
    TensorSpec,
    Ticks,
    Verdict,
    Verification,
)
from toolkit.artifacts.baseline import fingerprint
from toolkit.artifacts.tensor import plain
from toolkit.data.task import Kind, predicted
from toolkit.link.client import Answer
from toolkit.link.messages import Hello, TickUnit
from toolkit.statistics import histogram
from toolkit.tflite import ends
from toolkit.verify import rows, score, tolerance
from toolkit.verify.workload import Workload

FEWEST_DISTINCT = 3
"""With fewer distinct outputs than this, the inputs would not show most faults: the verdict is WEAK."""

MOST_EXPLAINED = 100
"""Inputs with a float32 output that no rounding explains; what comes after them is held to its own size alone, since
asking the interpreter sixteen times for each output of a broken device would take hours."""


def distinct_outputs(workloads: Sequence[Workload], answers: Mapping[int, Answer], specs: Sequence[TensorSpec]) -> int:
    """How many different rows of outputs came back that show something.

    The host's and the device's are counted, and the smallest number is it. A float32 element that is the host's by its
    own size alone counts. One that is forgiven, because it is subnormal or because rounding moves it that far, counts
    as nothing, since any value there would have been forgiven; and so does a row that is forgiven half of its
    elements.

    Args:
        answers: by key, as for `judge`; those that are missing, or of another size, are left out.
        specs: of the outputs.
    """
    hosts: set[bytes] = set()
    devices: set[bytes] = set()
    telling: set[bytes | None] = set()
    expected = (row.tobytes() for work in workloads for row in work.expected)
    for key, row in enumerate(expected):
        answer = answers.get(key)
        if answer is None or len(answer.output) != len(row):
            continue
        host, device = rows.elements(row, specs), rows.elements(answer.output, specs)
        hosts.add(rows.kind(host, specs))
        devices.add(rows.kind(device, specs))
        telling.add(rows.telling(host, device, specs))
    return min(len(hosts), len(devices), len(telling - {None}))


def _real(work: Workload, raw: npt.NDArray[np.uint8], specs: Sequence[TensorSpec]) -> npt.NDArray[np.float64]:
    """The scored output of each row of bytes, float64 [N, elements]."""
    if work.real is not None:
        return work.real(raw)
    place = work.task.output
    return (
        specs[place].stored(ends.split(specs, raw)[place]).astype(np.float64).reshape(len(raw), specs[place].elements)
    )


def _predicted(work: Workload, output: bytes, specs: Sequence[TensorSpec]) -> int | None:
    """The class that an output names; None for tasks in which it names none."""
    if work.task.kind in (Kind.REGRESS, Kind.RECONSTRUCT):
        return None
    return int(predicted(_real(work, np.frombuffer(output, np.uint8)[None], specs))[0])


def _result(work: Workload, index: int, answer: Answer | None, specs: Sequence[TensorSpec]) -> InputResult:
    expected = work.expected[index].tobytes()
    label = int(work.labels[index]) if work.labels is not None else None
    return InputResult(
        set=work.set,
        index=index,
        name=work.names[index] if work.names else "",
        label=label,
        predicted=_predicted(work, answer.output, specs) if answer and len(answer.output) == len(expected) else None,
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


def _difference(
    result: InputResult, words: SetWords, wrong: npt.NDArray[np.bool_], specs: Sequence[TensorSpec]
) -> FirstDifference:
    """The input, its first element that differs, and how many more do: never the whole tensor."""
    name = f" ({result.name})" if result.name else ""
    where = f"{words.short} {result.index}{name}"
    if result.got is None:
        return FirstDifference(f"{where}: no answer", result.set, result.index)
    if len(result.got) != len(result.expected):
        sent, due = len(result.got) // 2, len(result.expected) // 2
        said = f"{where}: the device sent {sent:,} bytes, the host has {due:,}"
        return FirstDifference(said, result.set, result.index)
    place = int(np.argmax(wrong))
    host, device = (rows.elements(bytes.fromhex(each), specs)[place] for each in (result.expected, result.got))
    more = int(wrong.sum()) - 1
    told = f"{where}, {rows.where(place, specs)}: host {host:.9g}, device {device:.9g}"
    if more:
        told += f"; {more:,} more {'differs' if more == 1 else 'differ'}"
    if np.isnan(host) or np.isnan(device):
        told += "; NaN never counts as equal"
    tensor, index = rows.index(place, specs)
    values = [float(each) if np.isfinite(each) else None for each in (host, device)]
    return FirstDifference(
        told, result.set, result.index, tensor=tensor, index=index, host=values[0], device=values[1], more=more
    )


def _set(work: Workload, results: Sequence[InputResult], specs: Sequence[TensorSpec]) -> SetResult:
    """What came of one set."""
    size = work.expected.shape[1]
    answers = [(result.index, bytes.fromhex(result.got)) for result in results if result.got is not None]
    whole = [(index, output) for index, output in answers if len(output) == size]
    raw = np.frombuffer(b"".join(output for _, output in whole), np.uint8).reshape(len(whole), size)
    answered = np.array([index for index, _ in whole], np.int64)
    scored = score.of_set(work, results, _real(work, raw, specs), answered)
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
        output=work.task.output,
    )


def _specs(build: Build, workloads: Sequence[Workload]) -> tuple[TensorSpec, ...]:
    """Of the outputs: the build's own, or one tensor of its type where its record does not tell these."""
    size = workloads[0].expected.shape[1]
    return build.outputs if ends.size_bytes(build.outputs) == size else plain(build.dtype, size)


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
    first: FirstDifference | None = None
    missing = False
    worst = 0.0
    specs = _specs(build, workloads)
    for work in workloads:
        base = len(results)
        for index in range(len(work.inputs)):
            answer = answers.get(base + index)
            result = _result(work, index, answer, specs)
            expected = work.expected[index].tobytes()
            if answer is None:
                wrong = np.ones(1, np.bool_)
            else:
                moved = work.moved(index) if work.moved is not None and len(failed) < MOST_EXPLAINED else ()
                wrong = rows.differing(expected, answer.output, specs, moved)
                worst = max(worst, rows.largest_difference(expected, answer.output, specs))
            meant = _predicted(work, expected, specs) if wrong.any() else None
            result = dataclasses.replace(result, within_tolerance=not wrong.any(), meant=meant)
            missing = missing or answer is None or len(answer.output) != len(expected)
            results.append(result)
            if not result.passed:
                failed.append(result)
                first = first or _difference(result, work.called(), wrong, specs)
        sets.append(_set(work, results[base:], specs))
    distinct = distinct_outputs(workloads, answers, specs)
    return Verification(
        board=build.board,
        model=build.model,
        dtype=build.dtype,
        outputs=specs,
        asked=len(results),
        answered=len(answers),
        bit_exact=sum(result.exact for result in results),
        within_tolerance=len(results) - len(failed),
        tolerance=tolerance.RELATIVE if any(spec.dtype is ElementType.FLOAT32 for spec in specs) else 0.0,
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
