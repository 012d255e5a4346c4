"""A window all of whose rows came in one pass, from a layer that computes two at once, ended the compiler."""

from __future__ import annotations

import numpy as np

from tests.compiler import engine
from tests.kernels.test_scalar_cores import Chain
from toolkit.compiler import compile_model


def test_nothing_of_it_rests() -> None:
    chain = Chain((4, 6), 4, 1)
    chain.convolution((3, 3), 0, "RELU", -128, same=False)
    chain.convolution((1, 1), 8, "RELU", -128)
    chain.convolution((2, 2), 8, "RELU", -128, same=False)
    tflite = chain.file(chain.first, chain.last)
    model = compile_model(tflite, isa="armv7em", fpu=True, stream="on")
    inputs = engine.random_inputs(model, 3, 5)
    np.testing.assert_array_equal(engine.run(model, inputs), engine.reference(tflite, inputs))
