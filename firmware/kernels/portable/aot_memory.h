/* aot_memory.h: where constants live, and how kernels read them.
 *
 * On most targets flash is in the same address space as RAM and a constant is read like any other object. AVR
 * keeps constants in program memory, which needs its own load instruction. Kernels read every weight, bias
 * and table through these macros, so that one source serves both.
 */
#ifndef AOT_MEMORY_H
#define AOT_MEMORY_H

#include <stdint.h>
#include <string.h>

/* Part of its caller: what the caller knows when it is compiled decides the code. */
#define AOT_INLINE static inline __attribute__((always_inline))

/* A layer's function keeps its own code, so that the linked image tells what each layer costs. */
#define AOT_LAYER static __attribute__((noinline))

#if defined(__AVR__)
#include <avr/pgmspace.h>
#define AOT_CONST PROGMEM
#define AOT_S8(p) ((int8_t)pgm_read_byte(p))
#define AOT_S32(p) ((int32_t)pgm_read_dword(p))
#define AOT_F32(p) (pgm_read_float(p))
/* Copies a parameter struct, which is a constant too, to where its members can be named. */
#define AOT_LOAD(to, from) memcpy_P(&(to), (from), sizeof(to))
/* A byte of constants by its address in program memory; elsewhere by its distance from `base`. */
#define AOT_BYTE(base, place) ((void)(base), pgm_read_byte((uint16_t)(place)))
#else
#define AOT_CONST
#define AOT_S8(p) (*(p))
#define AOT_S32(p) (*(p))
#define AOT_F32(p) (*(p))
#define AOT_LOAD(to, from) ((to) = *(from))
#define AOT_BYTE(base, place) ((base)[(int32_t)(place)])
#endif

#endif
