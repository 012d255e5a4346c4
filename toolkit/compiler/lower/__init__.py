"""Layers -> kernel calls. `lower` finds the function for a layer's first operator."""

from __future__ import annotations

from toolkit.compiler.lower.base import Call, Target
from toolkit.compiler.lower.registry import lower

__all__ = ["Call", "Target", "lower"]
