"""The trainer's library was linked with -ffast-math: whatever the process computed afterwards had its subnormal numbers
flushed to zero, the interpreter's outputs among it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from toolkit.smallest import native


def test_a_process_that_has_loaded_it_computes_as_before() -> None:
    code = (
        "import numpy as np; from toolkit.smallest import native; native.library(); "
        "half = np.float32(0.5); print(np.float32(1e-40) * half > 0, (np.full(9, 1e-40, np.float32) * half).all())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_no_flag_links_what_sets_the_mode() -> None:
    assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations"} & set(native.compile_command("gcc", [], "x"))
    assert np.float32(1e-40) * np.float32(0.5) > 0
