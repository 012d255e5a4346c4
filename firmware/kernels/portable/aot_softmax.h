/* aot_softmax.h: softmax over the last dimension. */
#ifndef AOT_SOFTMAX_H
#define AOT_SOFTMAX_H

#include <stdint.h>

#include "aot_memory.h"

typedef struct {
  uint16_t rows, depth;
  /* [entries]: e^(-i * scale * beta) in Q0.31, for a difference of i from the row's maximum, as gemmlowp's
   * fixed-point exponential gives it. Larger differences count as zero. */
  const int32_t *exponentials;
  uint16_t entries;
} aot_softmax_s8_t;

/* input, output [rows][depth]; in place is allowed. The output's scale is 1/256 and its zero point -128. */
void aot_softmax_s8(const aot_softmax_s8_t *layer, const int8_t *input, int8_t *output);

/* The reciprocal of a row's sum, by which its exponentials are multiplied (VQRDMULH), and the bits by which
 * they are then shifted to the right, 23 to 34. sum: of exponentials shifted by 12 bits, so at least 2^19. */
int32_t aot_softmax_scale(int32_t sum, int *exponent);

/* e^(beta * x) / sum; in place is allowed. */
void aot_softmax_f32(uint16_t rows, uint16_t depth, float beta, const float *input, float *output);

#endif
