/* aot_move.h: operators that only move elements: transpose, padding, concatenation. */
#ifndef AOT_MOVE_H
#define AOT_MOVE_H

#include "aot_memory.h"
#include "aot_nest.h"

#define AOT_TRANSPOSE 6

/* Output dimension i has `size[i]` elements, `stride[i]` elements apart in the input. */
typedef struct {
  uint32_t size[AOT_TRANSPOSE];
  int32_t stride[AOT_TRANSPOSE];
} aot_transpose_t;

void aot_transpose_s8(const aot_transpose_t *layer, const int8_t *input, int8_t *output);
void aot_transpose_f32(const aot_transpose_t *layer, const float *input, float *output);

/* Copies the input's runs to the output: b are the output's strides, a the input's. Padding fills the output
 * first; concatenation calls it once for each input. */
void aot_place_s8(const aot_nest_t *layer, const int8_t *input, int8_t *output);
void aot_place_f32(const aot_nest_t *layer, const float *input, float *output);

void aot_fill_s8(int8_t value, uint32_t count, int8_t *output);
void aot_fill_f32(float value, uint32_t count, float *output);

#endif
