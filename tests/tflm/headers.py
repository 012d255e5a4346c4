"""TFLM's real C++ headers, from the test dependency xmos-ai-tools (BOARDS.md tells how they must be compiled)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PACKAGES = (("xmos_ai_tools", "runtime/include"), ("tensorflow", "include/external/gemmlowp"))


def folders() -> tuple[Path, ...]:
    """The folders of headers: TFLM with flatbuffers, and gemmlowp."""
    found = []
    for package, inside in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            pytest.fail(f"{package} is not installed: pip install --no-deps -r tests/tflm/requirements.txt")
        found.append(Path(spec.origin).parent / inside)
    return tuple(found)


def options() -> tuple[str, ...]:
    """What a compiler needs to find them; they renamed TFLM's namespace."""
    return ("-Dtflite=tflite_micro", *(word for folder in folders() for word in ("-isystem", str(folder))))


def resolver() -> str:
    """The text of micro_mutable_op_resolver.h."""
    return (folders()[0] / "tensorflow/lite/micro/micro_mutable_op_resolver.h").read_text(encoding="utf-8")
