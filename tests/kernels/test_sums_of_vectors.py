"""Sums and differences four at a time on the emulated Cortex-M55, of any shape, scale and zero point."""

from __future__ import annotations

import pytest

from tests.differential import targets
from tests.differential.comparing import Outcome, held
from tests.differential.networks import draw
from toolkit.compiler import compile_model
from toolkit.compiler.lower import arithmetic

NETWORKS = 24


@pytest.mark.emulator
def test_they_equal_the_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few elements there are: runs of one to three, and what is left of four, are among them."""
    core = next(each for each in targets.all_targets() if each.name == "cortex-m55")
    if not core.available:
        pytest.skip("no compiler or no emulator")
    monkeypatch.setattr(arithmetic, "_WORTH_TABLES", 1)
    networks = [draw(kind, seed) for kind in ("ADD int8", "SUB int8") for seed in range(NETWORKS)]
    kernels = [compile_model(each.tflite, isa="armv8_1m_mve", fpu=True).kernels for each in networks]
    assert sum("aot_add_tables_mve.c" in each for each in kernels) > NETWORKS
    assert [str(each) for each in held(networks, core, "balanced") if each.outcome is not Outcome.EQUAL] == []
