/* aot_depthwise_s8.c: int8 depthwise convolution + bias + activation, portable C99; see aot_taps.h. */
#include <stddef.h>

#include "aot_depthwise.h"
#include "aot_requantise.h"

void aot_depthwise_s8(const aot_depthwise_s8_t *l, const int8_t *input, int8_t *output) {
  const uint32_t count = (uint32_t)l->taps.shape.window.h * l->taps.shape.window.w,
                 channels = l->taps.shape.channels;
  const uint8_t *taps[AOT_MOST_TAPS];
  for (int32_t y = 0; y < l->taps.shape.out_h; ++y) {
    for (int32_t x = 0; x < l->taps.shape.out_w; ++x) {
      aot_taps_at(&l->taps, input, y, x, taps);
      for (uint32_t c = 0; c < channels; ++c) {
        const int8_t *weight = l->weights + c;
        int32_t sum = l->bias[c];
        for (uint32_t t = 0; t < count; ++t, weight += channels) {
          sum += ((const int8_t *)taps[t])[c] * (int32_t)*weight;
        }
        AOT_STORE_S8(output, l, sum, l->multiplier[c], l->shift[c]);
      }
    }
  }
}
