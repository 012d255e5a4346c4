"""TFLM_DIR: found, examined, and refused with one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tflm.tools import run
from toolkit import board
from toolkit.errors import ToolError
from toolkit.runtimes.tflm import find_library
from toolkit.runtimes.tflm.library import ARCHIVE

M4F = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
HEADERS = (
    "tensorflow/lite/micro/micro_interpreter.h",
    "tensorflow/lite/micro/tools/make/downloads/flatbuffers/include/flatbuffers/flatbuffers.h",
    "tensorflow/lite/micro/tools/make/downloads/gemmlowp/fixedpoint/fixedpoint.h",
)
GENERATED = "gen/cortex_m_generic_cortex-m4+fp_default_gcc/lib"
NANO33 = board.load("nano33")
MICRO_PRINTF = "void _Z11MicroPrintfPKcz(const char *format, ...) { (void)format; }"
"""What every library but a release one holds."""


def archive(folder: Path, flags: tuple[str, ...] = M4F, source: str = MICRO_PRINTF) -> Path:
    """A library with one object file, made by the real tools."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "one.c").write_text(source)
    run("arm-none-eabi-gcc", *flags, "-c", "one.c", "-o", "one.o", cwd=folder)
    run("arm-none-eabi-ar", "rcs", ARCHIVE, "one.o", cwd=folder)
    return folder / ARCHIVE


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The shape of a TFLM checkout after its own `make`, without an archive."""
    for header in HEADERS:
        (tmp_path / header).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / header).touch()
    return tmp_path


def test_not_set_is_one_clear_line() -> None:
    for environment in ({}, {"TFLM_DIR": ""}):
        with pytest.raises(ToolError, match="nano33 needs TFLM_DIR, which is not set") as caught:
            find_library(environment, NANO33)
        assert "--runtime aot" in caught.value.hint
        assert "\n" not in caught.value.message + caught.value.hint


def test_a_checkout_is_found_with_its_downloads(checkout: Path) -> None:
    archive(checkout / GENERATED)
    found = find_library({"TFLM_DIR": str(checkout)}, NANO33)
    assert found.archive == f"{GENERATED}/{ARCHIVE}"
    downloads = "tensorflow/lite/micro/tools/make/downloads"
    assert found.includes == ("", f"{downloads}/flatbuffers/include", f"{downloads}/gemmlowp")
    assert found.defines == ("TF_LITE_STATIC_MEMORY",)


def test_an_installation_is_found(tmp_path: Path) -> None:
    archive(tmp_path / "lib")
    for header in ("tensorflow/lite/micro/micro_interpreter.h", "flatbuffers/flatbuffers.h", "fixedpoint/fixedpoint.h"):
        (tmp_path / "include" / header).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "include" / header).touch()
    found = find_library({"TFLM_DIR": str(tmp_path)}, NANO33)
    assert (found.archive, found.includes) == (f"lib/{ARCHIVE}", ("include",))


def test_a_library_without_static_memory_is_recognised_by_what_it_holds(checkout: Path) -> None:
    archive(checkout / GENERATED, source=MICRO_PRINTF + "void TfLiteTensorDataFree(void *tensor) { (void)tensor; }")
    assert find_library({"TFLM_DIR": str(checkout)}, NANO33).defines == ()


@pytest.mark.parametrize(("flags", "vector"), [(("-mcpu=cortex-m55",), True), (("-mcpu=cortex-m33",), False)])
def test_vectors_are_told_by_the_archive_not_by_the_board(checkout: Path, flags: tuple[str, ...], vector: bool) -> None:
    archive(checkout / GENERATED, (*flags, "-mthumb", "-mfloat-abi=hard"))
    assert find_library({"TFLM_DIR": str(checkout)}, board.load("mps3-an547")).vector == vector


def test_the_makefile_part_tells_nothing_of_this_computer(checkout: Path) -> None:
    archive(checkout / GENERATED)
    text = find_library({"TFLM_DIR": str(checkout)}, NANO33).makefile()
    assert str(checkout) not in text
    assert f"TFLM_LIBRARY := $(TFLM_DIR)/{GENERATED}/{ARCHIVE}" in text
    assert "-DTF_LITE_STATIC_MEMORY" in text


def test_two_libraries_give_the_one_that_fits_the_board(checkout: Path) -> None:
    archive(checkout / GENERATED)
    archive(checkout / "gen/cortex_m_generic_cortex-m0_default_gcc/lib", ("-mcpu=cortex-m0", "-mthumb"))
    assert find_library({"TFLM_DIR": str(checkout)}, NANO33).archive.startswith(GENERATED)


def test_two_that_fit_are_both_named(checkout: Path) -> None:
    archive(checkout / GENERATED)
    archive(checkout / "gen/other/lib")
    with pytest.raises(ToolError, match=r"holds 2 libraries that fit nano33: .*gen/cortex.*gen/other"):
        find_library({"TFLM_DIR": str(checkout)}, NANO33)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"), "was built for another core"),
        (("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"), "passes floats in core registers"),
        (("-mcpu=cortex-a9", "-mfloat-abi=hard", "-mfpu=neon"), "was built for another core"),
    ],
)
def test_a_library_for_another_core_is_refused(checkout: Path, flags: tuple[str, ...], reason: str) -> None:
    archive(checkout / GENERATED, flags)
    with pytest.raises(ToolError, match=reason) as caught:
        find_library({"TFLM_DIR": str(checkout)}, NANO33)
    assert "-mcpu=cortex-m4" in caught.value.hint


def test_a_library_for_this_computer_is_refused(checkout: Path) -> None:
    folder = checkout / GENERATED
    folder.mkdir(parents=True)
    (folder / "one.c").write_text("int one;")
    run("gcc", "-c", "one.c", "-o", "one.o", cwd=folder)
    run("ar", "rcs", ARCHIVE, "one.o", cwd=folder)
    with pytest.raises(ToolError, match="is not for Arm"):
        find_library({"TFLM_DIR": str(checkout)}, NANO33)


def test_no_archive_missing_headers_and_a_damaged_archive_are_clear_errors(checkout: Path) -> None:
    with pytest.raises(ToolError, match=f"holds no {ARCHIVE}"):
        find_library({"TFLM_DIR": str(checkout)}, NANO33)
    made = archive(checkout / GENERATED)
    (checkout / HEADERS[1]).unlink()
    with pytest.raises(ToolError, match="lacks the headers of flatbuffers"):
        find_library({"TFLM_DIR": str(checkout)}, NANO33)
    content = made.read_bytes()
    for damaged in (b"", b"!<arch>\n", content[: len(content) // 2], content.replace(b"\x7fELF", b"\x7fELX")):
        made.write_bytes(damaged)
        with pytest.raises(ToolError, match=ARCHIVE):
            find_library({"TFLM_DIR": str(checkout)}, NANO33)
