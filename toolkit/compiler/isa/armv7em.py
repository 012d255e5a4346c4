"""Armv7E-M (Cortex-M4, M7; Armv8-M with DSP, as a Cortex-M33, too): dual 16-bit multiply-accumulates."""

from __future__ import annotations

from toolkit.compiler.isa import armv6m
from toolkit.compiler.isa.base import V7, V7EM, InstructionSet, Kernels
from toolkit.compiler.lower import depthwise, dsp, dsp_gemm, dsp_pool2, portable

_ELSE = (portable.conv_pool2_s8, portable.conv_s8)

ISA = InstructionSet(
    name="armv7em",
    title="an Armv7E-M core",
    # Weights are int8 in flash where they are used at all but for speed.
    convolution_s8=Kernels(
        speed=(
            depthwise.dsp_3x3_s8,
            depthwise.dsp_s8,
            depthwise.portable_s8,
            dsp.conv3x3c1_pool2,
            dsp_pool2.conv_pool2,
            dsp_gemm.wide,
            dsp.conv_tiled,
            *_ELSE,
        ),
        balanced=(
            depthwise.dsp_3x3_s8,
            depthwise.dsp_s8,
            depthwise.portable_s8,
            dsp.conv3x3c1_pool2,
            dsp_gemm.narrow,
            dsp_pool2.conv_pool2,
            dsp.conv_tiled,
            *_ELSE,
        ),
        size=(
            depthwise.portable_s8,
            dsp.conv3x3c1_pool2,
            dsp_gemm.compact,
            dsp_pool2.conv_pool2,
            dsp.conv_compact,
            *_ELSE,
        ),
    ),
    dense_s8=Kernels(
        speed=(dsp_gemm.wide, dsp.conv_tiled, portable.dense_s8),
        balanced=(dsp_gemm.narrow, dsp.conv_tiled, portable.dense_s8),
        size=(dsp_gemm.compact, portable.dense_s8),
    ),
    runs=armv6m.ISA.runs | {V7, V7EM},
    start_up=armv6m.ISA.start_up,
    # Clang may keep its frame pointer in r7, which the assembly uses.
    tells="defined(__ARM_FEATURE_DSP) && __ARM_ARCH_PROFILE == 'M' && !defined(__clang__)",
)
