"""The comparison that every operator's test makes."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, Phase, settings

from tests.compiler import engine
from toolkit.artifacts import CompiledModel
from toolkit.compiler import compile_model
from toolkit.compiler.compile import dissect

# (instruction set, optimisation): each pair that chooses other kernels.
VARIANTS = (
    ("native", "speed"),
    ("native", "size"),
    ("armv7em", "balanced"),
    ("armv7em", "speed"),
    ("armv7em", "size"),
    ("armv8_1m_mve", "speed"),
    ("armv8_1m_mve", "size"),
)
FLOAT_TOLERANCE = 1e-5

bounded = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)


def check(tflite: bytes, seed: int, variants: tuple[tuple[str, str], ...] = VARIANTS) -> None:
    """The compiled network equals the reference on random inputs."""
    expected = None
    for isa, optimise in variants:
        model = compile_model(tflite, isa=isa, fpu=True, optimise=optimise)
        inputs = engine.random_inputs(model, 4, seed)
        if expected is None:
            expected = engine.reference(tflite, inputs)
        got = engine.run(model, inputs)
        if model.outputs[0].dtype == "int8":
            np.testing.assert_array_equal(got, expected, err_msg=f"{isa} {optimise}")
        else:
            np.testing.assert_allclose(got, expected, rtol=FLOAT_TOLERANCE, atol=FLOAT_TOLERANCE)


def check_plan(tflite: bytes, isa: str, optimise: str = "speed") -> CompiledModel:
    """What is alive at once lies apart, but for an output that begins so far before its input as its layer needs."""
    anatomy = dissect(tflite, isa=isa, fpu=True, optimise=optimise)
    model = anatomy.compiled
    names = {tensor.index: tensor.name for tensor in anatomy.graph.tensors}
    for place, a in enumerate(model.plan):
        assert 0 <= a.offset <= a.offset + a.bytes <= model.arena_bytes
        for b in model.plan[place + 1 :]:
            alive_together = a.first_use <= b.last_use and b.first_use <= a.last_use
            if not alive_together or a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset:
                continue
            call = anatomy.calls[b.first_use]
            assert (b.name, a.last_use, call.behind is None) == (names[call.output], b.first_use, False)
            assert call.behind is not None
            assert b.offset + call.behind + call.writes_past <= a.offset
    return model
