"""A model as C source: one constant array, aligned as the interpreter needs it, with its SHA-256 beside it."""

from __future__ import annotations

from toolkit.artifacts import sha256_of

ALIGNMENT = 16
"""Bytes; the `.tflite` schema aligns constant data to 16 from the start of the file, so the file must be too."""

_PER_LINE = 16


def c_array(tflite: bytes, symbol: str) -> tuple[str, str]:
    """Header and source of `const unsigned char SYMBOL[]`, in C99 and C++11 alike.

    Args:
        tflite: the model's bytes.
        symbol: the array's name; its length is SYMBOL_len and its hash SYMBOL_sha256.

    Returns:
        The texts of SYMBOL.h and SYMBOL.c.
    """
    digest = sha256_of(tflite)
    guard = f"{symbol.upper()}_H_"
    header = f"""/* A TensorFlow Lite model of {len(tflite)} bytes. SHA-256: {digest} */
#ifndef {guard}
#define {guard}

#ifdef __cplusplus
extern "C" {{
#endif

/* The file's bytes, aligned to {ALIGNMENT}. */
extern const unsigned char {symbol}[{len(tflite)}];
extern const unsigned int {symbol}_len;
/* SHA-256 of the array, 32 bytes. */
extern const unsigned char {symbol}_sha256[32];

#ifdef __cplusplus
}}
#endif

#endif
"""
    source = f"""/* A TensorFlow Lite model of {len(tflite)} bytes. SHA-256: {digest} */
#include "{symbol}.h"

#if defined(__GNUC__) || defined(__clang__)
#define MODEL_ALIGNED __attribute__((aligned({ALIGNMENT})))
#elif defined(__cplusplus)
#define MODEL_ALIGNED alignas({ALIGNMENT})
#else
#define MODEL_ALIGNED _Alignas({ALIGNMENT})
#endif

MODEL_ALIGNED const unsigned char {symbol}[{len(tflite)}] = {{
{_rows(tflite)}
}};
const unsigned int {symbol}_len = {len(tflite)}u;
const unsigned char {symbol}_sha256[32] = {{
{_rows(bytes.fromhex(digest))}
}};
"""
    return header, source


def _rows(data: bytes) -> str:
    lines = (data[start : start + _PER_LINE] for start in range(0, len(data), _PER_LINE))
    return "\n".join("    " + " ".join(f"0x{byte:02x}," for byte in line) for line in lines)
