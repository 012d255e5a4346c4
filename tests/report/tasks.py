"""Verifications of every task, as the judge makes them of seeded made-up data that a device answers rightly."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.link.device import HELLO
from tests.report import samples
from toolkit.artifacts import DType, LinkStats, Verification
from toolkit.data import Kind, Samples, Task
from toolkit.link.client import Answer
from toolkit.report.pictures import attach
from toolkit.verify import Workload
from toolkit.verify.judge import judge

Array = npt.NDArray[Any]


def verified(of: Samples, outputs: Array, wrong: Mapping[int, bytes] | None = None) -> Verification:
    """Of float32 outputs [N, ...], with pictures; `wrong` is what the device said instead."""
    rows = np.ascontiguousarray(outputs, np.float32).reshape(len(of), -1).view(np.uint8)
    work = Workload(
        of.name,
        np.zeros((len(of), 4), np.uint8),
        "tensor",
        rows,
        labels=of.labels if of.task.kind is Kind.CLASSIFY else None,
        names=of.names,
        words=of.called(),
        classes=of.classes,
        picture=of.pictured().size,
        form=of.pictured().form,
        task=of.task,
        truth=of.truth,
        real_inputs=of.real() if of.task.kind is Kind.RECONSTRUCT else None,
    )
    answers = {key: Answer(key, row.tobytes(), 71_140) for key, row in enumerate(rows)}
    answers |= {key: Answer(key, said, 71_140) for key, said in (wrong or {}).items()}
    build = dataclasses.replace(samples.build(), dtype=DType.FLOAT32)
    told = f"{len(of):,} inputs of {of.name}.npz"
    hello = dataclasses.replace(
        HELLO, board=build.board, build_id=samples.BUILD_ID, model_sha256=samples.MODEL_SHA256, stack_bytes=412
    )
    judged = judge(build, [work], answers, hello, LinkStats(), reference="x", seconds=2.0, asked=len(of), inputs=told)
    return attach(judged, [of])


def courses(count: int, channels: int = 3, length: int = 120) -> tuple[Array, Array]:
    """Waves [count, length, channels], and which of four kinds each is."""
    random = np.random.default_rng(11)
    kinds = random.integers(0, 4, count)
    time = np.linspace(0, 1, length)[None, :, None]
    speed = (2 + 2 * kinds)[:, None, None] + np.arange(channels)[None, None, :]
    phase = random.uniform(0, 6, (count, 1, channels))
    waves = np.sin(6.283 * speed * time + phase) + random.normal(0, 0.15, (count, length, channels))
    return waves.astype(np.float32), kinds


def gestures() -> Verification:
    """Four classes of waves of three channels, named rightly nine times in ten."""
    waves, kinds = courses(300)
    random = np.random.default_rng(12)
    scores = random.normal(0, 1, (300, 6))
    scores[np.arange(300), kinds] += 3
    names = ("wing", "ring", "slope", "rest", "left", "right")
    of = Samples("gestures", (waves,), kinds, Task(Kind.CLASSIFY), classes=names)
    outputs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    wrong = outputs[5].astype(np.float32)
    wrong[2] += 0.25
    return verified(of, outputs, {5: wrong.tobytes()})


def keywords() -> Verification:
    """Two classes by one sigmoid, of spectrograms."""
    random = np.random.default_rng(13)
    kinds = random.integers(0, 2, 200)
    planes = random.normal(0, 0.3, (200, 49, 10)).cumsum(axis=1).astype(np.float32)
    outputs = 1 / (1 + np.exp(-random.normal(3.0 * kinds - 1.5, 1.5)))
    of = Samples("keywords", (planes,), kinds, Task(Kind.CLASSIFY), classes=("other", "marvin"))
    return verified(of, outputs[:, None])


def prices() -> Verification:
    """One value of vectors of ten."""
    random = np.random.default_rng(14)
    vectors = random.normal(0, 1, (442, 10)).astype(np.float32)
    truth = 150 + 40 * vectors[:, 0] + 25 * vectors[:, 3]
    said = truth + random.standard_t(3, 442) * 12
    return verified(Samples("diabetes", (vectors,), truth, Task(Kind.REGRESS)), said[:, None])


def engines(*, flags: bool = True) -> Verification:
    """Waves that a network gives again, the odd ones less well."""
    waves, _ = courses(400, channels=1, length=160)
    random = np.random.default_rng(15)
    odd = random.random(400) < 0.4
    noise = random.normal(0, 1, waves.shape) * np.where(odd, 0.45, 0.2)[:, None, None]
    again = waves * 0.95 + noise * random.uniform(0.4, 1.6, (400, 1, 1))
    task = Task(Kind.RECONSTRUCT)
    return verified(Samples("engines", (waves,), odd.astype(np.int64) if flags else None, task), again)


def faces() -> Verification:
    """Pictures that a network gives again."""
    images = samples.pixels(120)
    odd = np.arange(120) % 4 == 0
    random = np.random.default_rng(16)
    again = images * 0.8 + random.normal(0, 25, images.shape) * np.where(odd, 2, 1)[:, None, None]
    task = Task(Kind.RECONSTRUCT, (28, 28))
    return verified(Samples("strokes", (images,), odd, task), again)


ALL = {
    "gestures": gestures,
    "keywords": keywords,
    "prices": prices,
    "engines": engines,
    "unflagged": lambda: engines(flags=False),
    "faces": faces,
}
