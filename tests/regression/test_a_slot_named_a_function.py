"""On an Armv6-M core a network for a slot named a function of the firmware, which its image is linked without."""

from __future__ import annotations

import re

from tests.kernels.test_scalar_cores import mixed
from toolkit.compiler import slots


def test_it_is_data_alone() -> None:
    network = slots.take_apart(mixed(), isa="armv6m", fpu=False)
    assert any("aot_gemm_armv6m" in body for _, body in network.kernels)
    assert not re.search(r"\baot_\w+(?<!_t)\b(?!\.h)", slots.image(network, network.kernels))
