/* aot_arithmetic.h: addition, subtraction, multiplication and division of two tensors, with broadcasting. */
#ifndef AOT_ARITHMETIC_H
#define AOT_ARITHMETIC_H

#include "aot_memory.h"
#include "aot_nest.h"

typedef struct {
  aot_nest_t nest; /* over the output, which is contiguous; a and b are the operands' strides */
  int8_t a_zero, b_zero, output_zero;
  int8_t low, high; /* the fused activation's clamp */
  /* Sums: each operand, shifted left by 20, is brought to twice the larger scale. Products use the output's
   * alone. A difference has the multiplier of b negated. */
  int32_t a_multiplier, b_multiplier, output_multiplier;
  int8_t a_shift, b_shift, output_shift;
} aot_arithmetic_s8_t;

typedef struct {
  aot_nest_t nest;
  float low, high;
} aot_arithmetic_f32_t;

/* The output may be the memory of an operand that is not broadcast. */
void aot_add_s8(const aot_arithmetic_s8_t *layer, const int8_t *a, const int8_t *b, int8_t *output);
void aot_mul_s8(const aot_arithmetic_s8_t *layer, const int8_t *a, const int8_t *b, int8_t *output);
void aot_add_f32(const aot_arithmetic_f32_t *layer, const float *a, const float *b, float *output);
void aot_sub_f32(const aot_arithmetic_f32_t *layer, const float *a, const float *b, float *output);
void aot_mul_f32(const aot_arithmetic_f32_t *layer, const float *a, const float *b, float *output);
void aot_div_f32(const aot_arithmetic_f32_t *layer, const float *a, const float *b, float *output);

#endif
