"""The compiler: .tflite -> typed operators -> fused layers -> memory plan -> straight C99 (the `aot` runtime)."""

from __future__ import annotations

from toolkit.compiler.changeable import Changeable, changeable
from toolkit.compiler.choice import STREAMING
from toolkit.compiler.compile import compile_model
from toolkit.compiler.exported import exported
from toolkit.compiler.operators import missing_operators

__all__ = ["STREAMING", "Changeable", "changeable", "compile_model", "exported", "missing_operators"]
