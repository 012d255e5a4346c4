/* aot_pool.h: max- and average-pool where they could not be fused into the layer before. */
#ifndef AOT_POOL_H
#define AOT_POOL_H

#include "aot_conv.h"

typedef struct {
  aot_channelwise_shape_t shape;
  int8_t low, high; /* the fused activation's clamp */
} aot_pool_s8_t;

typedef struct {
  aot_channelwise_shape_t shape;
  float low, high;
} aot_pool_f32_t;

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]; the two must not overlap. Positions
 * outside the image do not count, neither for the maximum nor for the mean. */
void aot_max_pool_s8(const aot_pool_s8_t *layer, const int8_t *input, int8_t *output);
void aot_max_pool_f32(const aot_pool_f32_t *layer, const float *input, float *output);
void aot_average_pool_s8(const aot_pool_s8_t *layer, const int8_t *input, int8_t *output);
void aot_average_pool_f32(const aot_pool_f32_t *layer, const float *input, float *output);

#endif
