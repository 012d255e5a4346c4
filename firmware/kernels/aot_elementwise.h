/* aot_elementwise.h: functions of one tensor, element by element. */
#ifndef AOT_ELEMENTWISE_H
#define AOT_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

#include "aot_memory.h"

/* output[i] = table[input[i] + 128]: every function from int8 to int8 is a table of 256. In place is allowed.
 */
void aot_table_s8(const int8_t *table, size_t count, const int8_t *input, int8_t *output);

/* LeakyReLU with `slope`, then a clamp. In place is allowed. */
void aot_activation_f32(float slope, float low, float high, size_t count, const float *input, float *output);

#endif
