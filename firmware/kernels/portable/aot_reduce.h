/* aot_reduce.h: mean and sum over some dimensions. */
#ifndef AOT_REDUCE_H
#define AOT_REDUCE_H

#include "aot_memory.h"
#include "aot_nest.h"

/* Of both nests only a is used: the input's strides over the dimensions that stay, and over those that are
 * summed. */
typedef struct {
  aot_nest_t kept, reduced;
  int32_t offset; /* input's zero point * number of elements summed */
  int32_t multiplier;
  int8_t shift;
  int8_t output_zero;
} aot_reduce_s8_t;

typedef struct {
  aot_nest_t kept, reduced;
  float divisor; /* number of elements for a mean, 1 for a sum */
} aot_reduce_f32_t;

void aot_reduce_s8(const aot_reduce_s8_t *layer, const int8_t *input, int8_t *output);
void aot_reduce_f32(const aot_reduce_f32_t *layer, const float *input, float *output);

#endif
