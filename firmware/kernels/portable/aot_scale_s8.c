#include "aot_scale_s8.h"

void aot_scale_s8(const aot_scale_s8_t *s, const int32_t *sums, uint32_t first, uint32_t channels,
                  uint32_t positions, int8_t *output) {
  const int32_t low = s->low, high = s->high;
  const int32_t least = low == s->zero ? 0 : INT32_MIN; /* what lies below is cut off */
  const uint32_t stride = s->stride, last = first + channels;
  for (uint32_t channel = first; channel < last; ++channel) {
    const int32_t bias = s->bias[channel], shift = -s->shift[channel];
    const uint32_t doubled = (uint32_t)s->multiplier[channel] << 1;
    const int32_t offset = (int32_t)((uint32_t)(2 * s->zero + 1) << (shift - 1));
    int8_t *to = output + channel;
    for (const int32_t *end = sums + positions; sums != end; ++sums, to += stride) {
      const int32_t sum = *sums + bias;
      int32_t value = low;
      if (sum >= least) {
        const uint64_t product = (uint64_t)((int64_t)sum * doubled);
        const int32_t rounded = (int32_t)(uint32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
        value = aot_clamp((rounded + offset + (sum >> 31)) >> shift, low, high);
      }
      *to = (int8_t)value;
    }
  }
}
