"""A linked image in which something is missing is no image, although the linker is told to link what is too large."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from toolkit import board as boards
from toolkit import resources
from toolkit.build import gnu_make
from toolkit.errors import BuildError

MPS2 = boards.load("mps2-an386")
LINK = (
    "MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 256 RAM (rw) : ORIGIN = 0x20000000, LENGTH = 256 }\n"
    "ENTRY(main) SECTIONS { .text : { *(.text*) *(.rodata*) } > FLASH .data : { *(.data* .bss*) } > RAM }\n"
)


def project(folder: Path, source: str) -> Path:
    """The least that the bare-metal Makefile builds."""
    template = jinja2.Template((resources.templates() / "bare" / "Makefile.j2").read_text(), trim_blocks=True)
    values = {"version": "0", "optimise": "-Os", "cpu": MPS2.cpu, "board": MPS2, "runtime": "aot"}
    for place, text in (("Makefile", template.render(**values)), ("src/port/link.ld", LINK), ("src/core/a.c", source)):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text)
    return folder


def test_a_missing_symbol_is_an_error_and_leaves_no_image(tmp_path: Path) -> None:
    folder = project(tmp_path, "int nowhere(void);\nint main(void) { return nowhere(); }\n")
    with pytest.raises(BuildError, match="undefined reference to `nowhere'"):
        gnu_make.build(folder, "arm-none-eabi-gcc")
    assert not (folder / "out" / "firmware.elf").exists()


def test_an_image_that_is_too_large_is_linked_for_the_size_report(tmp_path: Path) -> None:
    folder = project(tmp_path, "char large[4096] = {1};\nint main(void) { return large[1]; }\n")
    gnu_make.build(folder, "arm-none-eabi-gcc")
    assert (folder / "out" / "firmware.elf").exists()
