"""Every set with file names was listed one by one: a folder of ten thousand made a page of as many tiles."""

from __future__ import annotations

import numpy as np

from tests.report import tasks
from toolkit.data import Kind, Samples, Task


def test_names_alone_do_not_make_a_gallery() -> None:
    kinds = np.zeros(300, np.int64)
    names = tuple(f"{place}.wav" for place in range(300))
    outputs = np.eye(2)[np.arange(300) % 2]
    of = Samples("mine", (np.zeros((300, 40), np.float32),), kinds, Task(Kind.CLASSIFY), names=names)
    result = tasks.verified(of, outputs)
    assert result.singly == ()
    assert [each.name for each in result.wrong][:2] == ["1.wav", "3.wav"]
