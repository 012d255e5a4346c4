"""Emulators: each stands in for boards that are not on the desk. A new emulator is one new file or folder
here, or in another package."""

from __future__ import annotations

from toolkit.emulate.base import Counter, Emulator, boots_image, counter, load, outlive

__all__ = ["Counter", "Emulator", "boots_image", "counter", "load", "outlive"]
