/* aot_conv_unpadded_s8.h: int8 convolution + bias + activation + max-pool without padding, for a layer known
 * at compile time and a core without DSP instructions. Two neighbours in a pool window share their weights'
 * loads. */
#ifndef AOT_CONV_UNPADDED_S8_H
#define AOT_CONV_UNPADDED_S8_H

#include <stddef.h>

#include "aot_conv.h"
#include "aot_requantise.h"

/* The larger of two neighbouring positions' sums, `apart` elements apart, or the sum of one if `apart` is 0.
 */
AOT_INLINE int32_t aot_run_s8(const aot_conv_s8_t *l, const int8_t *w, const int8_t *x, uint32_t apart,
                              int32_t bias) {
  const aot_conv_shape_t *s = &l->shape;
  const uint32_t run = (uint32_t)s->kernel.w * s->in_c, pitch = (uint32_t)s->in_w * s->in_c;
  int32_t first = bias, second = bias;
#pragma GCC unroll 3
  for (uint32_t ky = 0; ky < s->kernel.h; ++ky, x += s->kernel.dilation_h * pitch, w += run) {
#pragma GCC unroll 9
    for (uint32_t k = 0; k < run; ++k) {
      const int32_t weight = AOT_S8(w + k);
      first += x[k] * weight;
      if (apart > 0) second += x[apart + k] * weight;
    }
  }
  return apart > 0 && second > first ? second : first;
}

/* As aot_conv_s8. */
AOT_INLINE void aot_conv_unpadded_s8(const aot_conv_s8_t *l, const int8_t *input, int8_t *output) {
  const aot_conv_shape_t *s = &l->shape;
  const uint32_t pitch = (uint32_t)s->in_w * s->in_c, step = (uint32_t)s->kernel.stride_w * s->in_c;
  const uint32_t taps = (uint32_t)s->kernel.h * s->kernel.w * s->in_c;
  const uint32_t pair = s->pool.w % 2 == 0 ? 2 : 1;
  for (uint32_t y = 0; y < s->out_h; ++y) {
    const int8_t *x = input + y * s->pool.stride_h * s->kernel.stride_h * pitch;
    for (uint32_t out_x = 0; out_x < s->out_w; ++out_x, x += s->pool.stride_w * step) {
      const int8_t *w = l->weights;
      for (uint32_t c = 0; c < s->out_c; ++c, w += taps) {
        const int32_t bias = AOT_S32(l->bias + c);
        int32_t most = INT32_MIN;
        for (uint32_t py = 0; py < s->pool.h; ++py) {
          for (uint32_t px = 0; px < s->pool.w; px += pair) {
            const int8_t *at = x + py * s->kernel.stride_h * pitch + px * step;
            const int32_t sum = aot_run_s8(l, w, at, pair == 2 ? step : 0, bias);
            if (sum > most) most = sum;
          }
        }
        AOT_STORE_S8(output, l, most, AOT_S32(l->multiplier + c), AOT_S8(l->shift + c));
      }
    }
  }
}

#endif
