"""Builders: each turns a generated project folder into an image. A new builder is one new file here."""

from __future__ import annotations

from toolkit.build.base import Builder, Built, choose, forget, load

__all__ = ["Builder", "Built", "choose", "forget", "load"]
