"""`--range 0..1e39` and the like: warnings of NumPy's on the terminal, and inputs that had overflowed."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.data import scaling
from toolkit.errors import UsageError

IMAGE = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)


@pytest.mark.parametrize("text", ["0..1e39", "-1e308..1e308", "1e38..-1e38", "1e-320..0", "0..0", "nan..1", "0..inf"])
def test_it_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no range"):
        scaling.parse(text)


@pytest.mark.parametrize("text", ["1..0", "0..1e30", "-1e30..1e30", "0..1e-30", "-128..127"])
def test_what_is_taken_is_computed(text: str) -> None:
    with np.errstate(all="raise", under="ignore"):
        real = scaling.parse(text).real(IMAGE)
    assert np.isfinite(real).all()
    assert len(np.unique(real)) == 256
