"""An ATmega328P, which has no float arithmetic, makes the same float32 of an element as NumPy, bit for bit."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.uno import kernel_programs
from toolkit import resources
from toolkit.data import Scaling
from toolkit.data.scaling import USUAL

SCALINGS = (*USUAL, Scaling(1.0, 0.0), Scaling(-2.1179, 2.6400), Scaling(1e-3, 7e5))


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(kernel_programs.on_host, id="host"),
        pytest.param(kernel_programs.on_avr, id="avr", marks=pytest.mark.emulator),
    ],
)
def test_elements_are_numpys(tmp_path: Path, run: Callable[[Path, str], bytes]) -> None:
    scalings = [", ".join(map(str, struct.pack("<ff", each.divisor, each.offset))) for each in SCALINGS]
    program = (
        f'#include "{resources.firmware() / "core" / "elements.c"}"\n'
        f"static const uint8_t scalings[][8] = {{ {{ {' }, { '.join(scalings)} }} }};\n"
        f"static void program(void) {{\n  for (uint8_t i = 0; i < {len(SCALINGS)}; ++i)\n"
        "    for (uint16_t element = 0; element < 256; ++element) {\n"
        "      uint8_t bytes[4];\n"
        "      const float real = tinyml_elements_scale((uint8_t)element, scalings[i]);\n"
        "      memcpy(bytes, &real, sizeof real);\n"
        "      for (uint8_t at = 0; at < 4; ++at) emit(bytes[at]);\n    }\n}\n"
    )
    every = np.arange(256, dtype=np.uint8)
    wanted = np.stack([each.real(every) for each in SCALINGS])
    got = np.frombuffer(run(tmp_path, program), "<f4")[: wanted.size].reshape(wanted.shape)
    np.testing.assert_array_equal(got.view(np.uint32), wanted.view(np.uint32))
