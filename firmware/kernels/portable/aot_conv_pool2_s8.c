/* aot_conv_pool2_s8.c: int8 convolution + bias + activation + 2x2 max-pool, portable C99, compact: one
 * channel's two sums of a row of the pool window at a time, each weight loaded once for both; more would not
 * fit the eight registers of an Armv6-M. */
#include <stddef.h>

#include "aot_conv.h"
#include "aot_requantise.h"

/* The larger of the sums at x and at `apart` elements behind it, without bias; every kernel row is one run.
 */
static int32_t larger_of_two(const aot_conv_shape_t *s, const int8_t *x, uint32_t apart,
                             const int8_t *weight) {
  const uint32_t run = (uint32_t)s->kernel.w * s->in_c;
  const uint32_t next = (uint32_t)s->kernel.dilation_h * s->in_w * s->in_c - run;
  int32_t first = 0, second = 0;
  for (uint8_t ky = s->kernel.h; ky > 0; --ky, x += next) {
    for (const int8_t *end = weight + run; weight != end; ++x) {
      const int32_t w = AOT_S8(weight++);
      first += x[0] * w;
      second += x[apart] * w;
    }
  }
  return first > second ? first : second;
}

void aot_conv_pool2_s8(const aot_conv_s8_t *parameters, const int8_t *input, int8_t *output) {
  aot_conv_s8_t layer;
  AOT_LOAD(layer, parameters);
  const aot_conv_shape_t *s = &layer.shape;
  const uint32_t taps = (uint32_t)s->kernel.h * s->kernel.w * s->in_c, pitch = (uint32_t)s->in_w * s->in_c;
  const uint32_t apart = (uint32_t)s->kernel.stride_w * s->in_c, below = s->kernel.stride_h * pitch;
  for (uint16_t y = 0; y < s->out_h; ++y, input += s->pool.stride_h * below) {
    const int8_t *x = input;
    for (uint16_t left = s->out_w; left > 0; --left, x += s->pool.stride_w * apart) {
      const int8_t *weight = layer.weights;
      for (uint16_t channel = 0; channel < s->out_c; ++channel, weight += taps) {
        const int32_t upper = larger_of_two(s, x, apart, weight);
        const int32_t lower = larger_of_two(s, x + below, apart, weight);
        const int32_t sum = (upper > lower ? upper : lower) + AOT_S32(layer.bias + channel);
        AOT_STORE_S8(output, &layer, sum, AOT_S32(layer.multiplier + channel), AOT_S8(layer.shift + channel));
      }
    }
  }
}
