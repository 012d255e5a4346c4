"""`tinyml export` gave a Cortex-M0+ and a 32-bit RISC-V the portable kernels, though both have better ones.

The firmware had them, and an export's reader would not know. Those instruction sets had no `tells`, by which a compiler
knows that it compiles for one; nothing asked for it. A network of 696 parameters took 1.77 million instructions on
Armv6-M that way and takes 1.09 million by the core's own kernels.
"""

from __future__ import annotations

import dataclasses

import pytest

from toolkit import registry, resources
from toolkit.compiler.exported import PORTABLE, exported
from toolkit.compiler.isa.base import InstructionSet

_KERNELS = ("convolution_s8", "dense_s8", "convolution_f32", "dense_f32", "others", "add_row", "sum_rows")


def _kernels(isa: InstructionSet) -> list[object]:
    return [dataclasses.asdict(isa)[name] for name in _KERNELS]


def test_an_instruction_set_with_kernels_of_its_own_is_told_from_others() -> None:
    sets = [registry.load(registry.ISAS, name).ISA for name in registry.names(registry.ISAS)]
    portable = next(isa for isa in sets if isa.name == PORTABLE)
    own = [isa for isa in sets if _kernels(isa) != _kernels(portable)]
    assert len(own) >= 5
    assert [isa.name for isa in own if not isa.tells] == []


@pytest.mark.parametrize(("core", "kernel"), [("armv6m", "aot_gemm_armv6m.c"), ("rv32", "aot_gemm_s8.c")])
def test_an_export_has_them(core: str, kernel: str) -> None:
    found = exported((resources.models() / "proposed" / "proposed_int8.tflite").read_bytes())
    lowerings = [each for each in found.lowerings if core in {name for name, _ in each.cores}]
    assert lowerings
    assert all(kernel in each.kernels for each in lowerings)
