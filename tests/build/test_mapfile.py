"""Who owns which byte, from GNU ld's map."""

from __future__ import annotations

from toolkit.build.mapfile import by_kernel, by_owner, pieces

MAP = """\
Discarded input sections

 .text.gone     0x00000000       0x99 out/src/core/app.o

Linker script and memory map

.text           0x00000000      0x1f4
 *(.isr_vector)
 .isr_vector    0x00000000       0x40 out/src/cortexm/startup.o
 *fill*         0x00000040        0x4
 .text.tinyml_app_run  0x00000044       0x8c out/src/core/app.o
 .text.a_function_with_a_long_name
                0x000000d0       0x20 out/src/kernels/conv_pool_s8.o
                0x000000d0                a_function_with_a_long_name
 .text.empty    0x000000f0        0x0 out/src/core/app.o
 .text.memcpy   0x000000f0       0x1c /usr/lib/libc_nano.a(libc_a-memcpy-stub.o)
 .text          0x0000010c        0x8 /usr/lib/gcc/crti.o
 .text.Prepare  0x00000114       0x30 lib/libtensorflow-microlite.a(conv.o)
                0x00000144                . = ALIGN (0x4)

.bss            0x20000000      0x190
                0x20000000                __bss_start__ = .
 .bss.arena     0x20000000      0x100 out/src/model/model.o
 COMMON         0x20000100       0x10 out/src/port/port.o
"""


def test_bytes_go_to_their_owners() -> None:
    owners = by_owner(pieces(MAP))
    assert owners[".text"] == {
        "start-up": 0x40,
        "alignment": 4,
        "core": 0x8C,
        "kernels": 0x20,
        "interpreter": 0x30,
        "C library": 0x1C + 8,
    }
    assert owners[".bss"] == {"model": 0x100, "port": 0x10}


def test_a_map_of_another_make_gives_nothing() -> None:
    assert by_owner(pieces("not a map at all")) == {}


def test_kernels_are_told_by_their_source() -> None:
    assert by_kernel(pieces(MAP), [".text"]) == {"conv_pool_s8.c": 0x20}
    assert by_kernel(pieces(MAP), [".bss"]) == {}
