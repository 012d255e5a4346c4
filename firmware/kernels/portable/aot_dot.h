/* aot_dot.h: the portable inner loop of the int8 kernels. */
#ifndef AOT_DOT_H
#define AOT_DOT_H

#include <stdint.h>

#include "aot_memory.h"

/* sum + the products of `count` neighbouring elements and weights, four a turn: on a core without a DSP, half
 * of a simple loop's instructions are the loop. */
static inline int32_t aot_dot(const int8_t *x, const int8_t *w, uint32_t count, int32_t sum) {
  for (; count >= 4; count -= 4, x += 4, w += 4) {
    sum += (int32_t)x[0] * AOT_S8(w);
    sum += (int32_t)x[1] * AOT_S8(w + 1);
    sum += (int32_t)x[2] * AOT_S8(w + 2);
    sum += (int32_t)x[3] * AOT_S8(w + 3);
  }
  for (; count > 0; --count) sum += (int32_t)*x++ * AOT_S8(w++);
  return sum;
}

#endif
