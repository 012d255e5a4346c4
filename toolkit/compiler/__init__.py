"""The compiler: .tflite -> typed operators -> fused layers -> memory plan -> straight C99 (the `aot` runtime)."""

from __future__ import annotations

from toolkit.compiler.compile import compile_model

__all__ = ["compile_model"]
