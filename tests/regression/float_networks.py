"""Small float32 networks, what the host says of them, and devices that answer otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tests.compiler.graphs import Graph
from tests.link.device import HELLO
from tests.report import samples
from toolkit import reference
from toolkit.artifacts import Build, DType, LinkStats, Verification
from toolkit.link.client import Answer
from toolkit.verify import Workload
from toolkit.verify.judge import judge

Floats = npt.NDArray[np.float32]


def dense(weights: Floats, bias: Floats, *, softmax: bool = False) -> bytes:
    """One dense layer, [outputs, inputs] weights; a softmax on top if that is asked for."""
    outputs, inputs = weights.shape
    graph = Graph()
    source = graph.tensor((1, inputs), "float32")
    constants = [graph.tensor(each.shape, "float32", data=each) for each in (weights, bias)]
    last = graph.tensor((1, outputs), "float32")
    graph.operator("FULLY_CONNECTED", [source, *constants], [last], "FullyConnectedOptions")
    if softmax:
        logits, last = last, graph.tensor((1, outputs), "float32")
        graph.operator("SOFTMAX", [logits], [last], "SoftmaxOptions", beta=1.0)
    return graph.file(source, last)


def build(dtype: DType = DType.FLOAT32) -> Build:
    """What the device is said to run."""
    return dataclasses.replace(samples.build(), dtype=dtype)


def judged(tflite: bytes, inputs: Floats, device: Callable[[Floats], Floats]) -> Verification:
    """The verdict on a device that gives `device(host's outputs)`, float32 [N, outputs]."""
    expected = reference.expected_outputs(tflite, inputs)
    rounding = reference.rounding(tflite)
    work = Workload(
        "random",
        inputs.reshape(len(inputs), -1).view(np.uint8),
        "tensor",
        expected,
        moved=lambda index: rounding.moved([inputs[index : index + 1]], expected[index]),
    )
    got = np.asarray(device(expected.view("<f4").copy()), np.float32)
    answers = {key: Answer(key, row.tobytes(), 5) for key, row in enumerate(got)}
    return judge(build(), [work], answers, HELLO, LinkStats(), reference="the host", seconds=1.0, asked=len(inputs))


def inputs(count: int, size: int) -> Floats:
    """Seeded, in [-1, 1)."""
    return np.random.default_rng(8).uniform(-1, 1, (count, size)).astype(np.float32)


def weights(outputs: int, size: int, scale: float = 1.0) -> Floats:
    """Seeded."""
    return (np.random.default_rng(9).normal(0, scale, (outputs, size))).astype(np.float32)
