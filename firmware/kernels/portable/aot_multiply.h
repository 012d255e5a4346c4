/* aot_multiply.h: whether the core multiplies; if not, products of small numbers by the bits of one of them.
 */
#ifndef AOT_MULTIPLY_H
#define AOT_MULTIPLY_H

#include <stdint.h>

#include "aot_memory.h"

#if defined(__riscv) && !defined(__riscv_mul)
#define AOT_MULTIPLIES 0
#else
#define AOT_MULTIPLIES 1
#endif

/* sums[i] += by * x[i], for four neighbours: what is shifted and tested is shared. */
AOT_INLINE void aot_four_products(int32_t by, const int8_t *x, uint32_t *sums) {
  const uint32_t sign = by < 0 ? UINT32_MAX : 0;
  uint32_t x0 = ((uint32_t)x[0] ^ sign) - sign, x1 = ((uint32_t)x[1] ^ sign) - sign;
  uint32_t x2 = ((uint32_t)x[2] ^ sign) - sign, x3 = ((uint32_t)x[3] ^ sign) - sign;
  for (uint32_t bits = ((uint32_t)by ^ sign) - sign; bits != 0; bits >>= 1) {
    if (bits & 1) sums[0] += x0, sums[1] += x1, sums[2] += x2, sums[3] += x3;
    x0 += x0, x1 += x1, x2 += x2, x3 += x3;
  }
}

#endif
