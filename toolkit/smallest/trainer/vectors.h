/*
 * Sixteen images at once: one float of each in the lanes of a vector.
 *
 * GCC's and clang's vector extensions: the compiler splits a vector into what the CPU has (one AVX-512
 * register, two of AVX, four of SSE or Neon), so that nothing here names an instruction set.
 */
#ifndef TINYML_VECTORS_H
#define TINYML_VECTORS_H

#include <stddef.h>
#include <stdint.h>

/* A kernel's size is known where it is called, and only there: without this GCC keeps one copy that does not
 * know it. */
#define INLINED static inline __attribute__((always_inline))

enum { LANES = 16 };

typedef float lanes_t __attribute__((vector_size(64)));
typedef int32_t mask_t __attribute__((vector_size(64))); /* all bits of a lane set, or none */

INLINED lanes_t all(float value) { return (lanes_t){0} + value; }

/* `yes` in the lanes where the mask is set, elsewhere `no`. */
INLINED lanes_t choose(mask_t mask, lanes_t yes, lanes_t no) {
  return (lanes_t)((mask & (mask_t)yes) | (~mask & (mask_t)no));
}

/* `value` in the lanes where the mask is set, elsewhere 0. */
INLINED lanes_t where(mask_t mask, lanes_t value) { return (lanes_t)(mask & (mask_t)value); }

INLINED lanes_t larger(lanes_t a, lanes_t b) {
  lanes_t result;
  for (int lane = 0; lane < LANES; lane++) result[lane] = a[lane] > b[lane] ? a[lane] : b[lane];
  return result;
}

/* The sum over all lanes. */
INLINED float sum(lanes_t a) {
  float total = 0.0f;
  for (int lane = 0; lane < LANES; lane++) total += a[lane];
  return total;
}

#endif
