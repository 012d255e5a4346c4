/* aot_scale_s8.h: scaling of sums on a core that multiplies 32 by 32 bits to 64, and has nothing beyond that.
 *
 * As aot_requantise(), where all shifts are right shifts of 1 to 22 and sums are below 2^30. docs/compiler.md
 * has the proof: the zero point moves into the shift, and a negative sum that a ReLU cuts off is not scaled.
 */
#ifndef AOT_SCALE_S8_H
#define AOT_SCALE_S8_H

#include "aot_requantise.h"

/* What follows the sums of a layer. */
typedef struct {
  const int32_t *bias, *multiplier; /* [channels] */
  const int8_t *shift;              /* [channels], -22 to -1 */
  int32_t zero, low, high;          /* the output's zero point, and its clamp */
  uint32_t stride;                  /* from one position's output to the next one's */
} aot_scale_s8_t;

/* sums[channels][positions], from channel `first` on, to output[position * stride + channel]. */
void aot_scale_s8(const aot_scale_s8_t *scale, const int32_t *sums, uint32_t first, uint32_t channels,
                  uint32_t positions, int8_t *output);

/* What follows the clamp, if anything does. */
static inline void aot_look_up_s8(const int8_t *table, int8_t *output, uint32_t count) {
  for (uint32_t i = 0; table != NULL && i < count; ++i) output[i] = table[128 + output[i]];
}

#endif
