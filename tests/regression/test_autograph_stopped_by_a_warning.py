"""Where warnings are errors, Python 3.13 stopped AutoGraph, and `tinyml train` failed in a loop that was in order.

No test saw it: the tests ran on Python 3.11 only, which does not deprecate what AutoGraph does to a syntax tree.
"""

from __future__ import annotations

import importlib
import types
import warnings
from typing import Any

import pytest

from toolkit import quiet_tensorflow as quiet

SAID = "Attribute.__init__ got an unexpected keyword argument '___pyct_anno'. Support for it will be removed."
"""As Python 3.13 says it, but for the end."""


@pytest.fixture
def no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """In TensorFlow's place, which takes ten seconds to load, what is asked of it."""
    config = types.SimpleNamespace(list_physical_devices=lambda *_: [])
    module: Any = types.SimpleNamespace(config=config)
    monkeypatch.setattr(importlib, "import_module", lambda _: module)


@pytest.mark.usefixtures("no_tensorflow")
def test_what_autograph_does_is_no_error_even_where_warnings_are() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet.load_tensorflow()
        warnings.warn(SAID, DeprecationWarning, stacklevel=1)


@pytest.mark.usefixtures("no_tensorflow")
def test_other_warnings_stay_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet.load_tensorflow()
        with pytest.raises(DeprecationWarning):
            warnings.warn("Attribute.__init__ is old", DeprecationWarning, stacklevel=1)
