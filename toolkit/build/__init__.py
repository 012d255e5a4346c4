"""Builders: each turns a generated project folder into an image. A new one is one file here, or in another package."""

from __future__ import annotations

from toolkit.build.base import Builder, Built, choose, forget, load

__all__ = ["Builder", "Built", "choose", "forget", "load"]
