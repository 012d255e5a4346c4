"""8-bit AVR (ATmega328P, ATmega2560): 24-bit sums; constants in flash, which has loads of its own."""

from __future__ import annotations

from toolkit.compiler.isa.base import InstructionSet, Kernels
from toolkit.compiler.lower import avr, portable

_CONVOLUTION_S8 = (avr.conv_pool2, avr.conv, portable.conv_pool2_s8, portable.conv_s8)
_DENSE_S8 = (avr.dense, portable.dense_s8)

# The depthwise kernels of other cores read their constants as data.
ISA = InstructionSet(
    name="avr",
    title="an AVR",
    convolution_s8=Kernels(speed=_CONVOLUTION_S8, size=_CONVOLUTION_S8),
    dense_s8=Kernels(speed=_DENSE_S8, size=_DENSE_S8),
    convolution_f32=Kernels(
        speed=(portable.conv_tile_f32, portable.conv_pool2_f32, portable.conv_f32),
        size=(portable.conv_pool2_f32, portable.conv_f32),
    ),
    # LPM's addresses have 16 bits: 64 KiB, less interrupt vectors and parameter structs.
    constants_limit=64_000,
    constants_are_data=False,
    tells="defined(__AVR__)",
)
