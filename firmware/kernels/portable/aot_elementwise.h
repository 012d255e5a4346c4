/* aot_elementwise.h: functions of one tensor, element by element. In place is allowed wherever input and
 * output have one type. */
#ifndef AOT_ELEMENTWISE_H
#define AOT_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

#include "aot_memory.h"

/* output[i] = table[input[i] + 128]: every function from int8 to int8 is a table of 256. */
void aot_table_s8(const int8_t *table, size_t count, const int8_t *input, int8_t *output);

/* LeakyReLU with `slope`, then a clamp. */
void aot_activation_f32(float slope, float low, float high, size_t count, const float *input, float *output);

/* Each within 2 units in the last place of the exact value; the tanh within 1e-7. */
float aot_logistic(float x);
float aot_tanh(float x);
float aot_hard_swish(float x);
float aot_sqrt(float x);
float aot_rsqrt(float x);
float aot_square(float x);
float aot_abs(float x);
float aot_neg(float x);

/* output[i] = function(input[i]). */
void aot_map_f32(float (*function)(float), size_t count, const float *input, float *output);

#endif
