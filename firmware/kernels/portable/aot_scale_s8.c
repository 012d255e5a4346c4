#include "aot_scale_s8.h"

#include <stdbool.h>

/* With `cut`, low is the zero point. */
AOT_INLINE void scale(const aot_scale_s8_t *s, const int32_t *sums, uint32_t channel, uint32_t last,
                      uint32_t positions, int8_t *output, bool cut) {
  const int32_t low = s->low, high = s->high;
  const uint32_t stride = s->stride;
  for (; channel < last; ++channel) {
    const int32_t bias = s->bias[channel], shift = -s->shift[channel];
    const uint32_t doubled = (uint32_t)s->multiplier[channel] << 1;
    const int32_t offset = (int32_t)((uint32_t)(2 * s->zero + 1) << (shift - 1));
    int8_t *to = output + channel;
    for (const int32_t *end = sums + positions; sums != end; ++sums, to += stride) {
      const int32_t sum = *sums + bias;
      if (cut && sum < 0) {
        *to = (int8_t)low;
        continue;
      }
      const uint64_t product = (uint64_t)((int64_t)sum * doubled);
      const int32_t rounded = (int32_t)(uint32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
      const int32_t value = (rounded + offset + (cut ? 0 : sum >> 31)) >> shift;
      *to = (int8_t)(value > high ? high : (!cut && value < low ? low : value));
    }
  }
}

void aot_scale_s8(const aot_scale_s8_t *s, const int32_t *sums, uint32_t first, uint32_t channels,
                  uint32_t positions, int8_t *output) {
  if (s->low == s->zero) {
    scale(s, sums, first, first + channels, positions, output, true);
  } else {
    scale(s, sums, first, first + channels, positions, output, false);
  }
}
