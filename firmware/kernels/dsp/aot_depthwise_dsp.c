/* aot_depthwise_dsp.c: four neighbouring channels at a time are nine instructions a tap: a pointer, a word of
 * pixels, two words of weights, two widenings, four multiply-accumulates. */
#include "aot_depthwise_dsp.h"

/* All channels of one position; `count` and `table` are constants where the caller unrolls. */
AOT_INLINE void position(const aot_depthwise_dsp_t *l, const uint8_t *const *taps, uint32_t count,
                         const int8_t *table, int8_t *output) {
  const uint32_t *next = l->constants, last = l->taps.shape.channels - 4u;
  for (uint32_t channel = 0;; channel = channel + 4 < last ? channel + 4 : last) {
    uint32_t first[2], second[2];
    aot_two_words(next, &first[0], &first[1]);
    aot_two_words(next + 2, &second[0], &second[1]);
    next += 4;
    int32_t sums[4] = {(int32_t)first[0], (int32_t)first[1], (int32_t)second[0], (int32_t)second[1]};
    for (uint32_t t = 0; t < count; ++t, next += 2) {
      uint32_t even_weights, odd_weights;
      const uint32_t pixels = aot_word(taps[t] + channel);
      aot_two_words(next, &even_weights, &odd_weights);
      const uint32_t even = aot_bytes_even(pixels), odd = aot_bytes_odd(pixels);
      sums[0] = aot_smlabb(even, even_weights, sums[0]);
      sums[1] = aot_smlabb(odd, odd_weights, sums[1]);
      sums[2] = aot_smlatt(even, even_weights, sums[2]);
      sums[3] = aot_smlatt(odd, odd_weights, sums[3]);
    }
    const uint32_t shifts = aot_word(next + 8);
    for (uint32_t c = 0; c < 4; ++c, next += 2) {
      uint32_t multiplier, offset;
      aot_two_words(next, &multiplier, &offset);
      const int32_t scaled =
          aot_high_multiply_add(sums[c], (int32_t)multiplier, (int32_t)offset + (sums[c] >> 31));
      const int32_t value = aot_saturate_s8(scaled >> (uint8_t)(shifts >> 8 * c));
      output[channel + c] = table != NULL ? table[value] : (int8_t)value;
    }
    if (channel == last) return;
    ++next;
  }
}

void aot_depthwise_dsp(const aot_depthwise_dsp_t *l, const int8_t *input, int8_t *output) {
  const aot_channelwise_shape_t *s = &l->taps.shape;
  const uint32_t count = (uint32_t)s->window.h * s->window.w;
  const int8_t *table = l->table != NULL ? l->table + 128 : NULL; /* at value 0 */
  const uint8_t *taps[AOT_MOST_TAPS];
  for (int32_t y = 0; y < s->out_h; ++y) {
    for (int32_t x = 0; x < s->out_w; ++x, output += s->channels) {
      aot_taps_at(&l->taps, input, y, x, taps);
      if (count == 9 && table == NULL) {
        position(l, taps, 9, NULL, output);
      } else if (count == 9) {
        position(l, taps, 9, table, output);
      } else {
        position(l, taps, count, table, output);
      }
    }
  }
}
