/* aot_depthwise_dsp.c: four neighbouring channels at a time: a word of pixels and a word of weights are eight
 * instructions for four multiply-accumulates. Taps outside the image meet the zero point, which the folded
 * bias takes out again. */
#include "aot_depthwise_dsp.h"

typedef struct {
  int32_t from, to;
} taps_t;

/* Taps of one axis that lie inside the image. */
static taps_t inside(int32_t start, uint8_t taps, uint8_t dilation, uint16_t size) {
  taps_t t = {0, taps};
  while (t.from < t.to && start + t.from * dilation < 0) ++t.from;
  while (t.to > t.from && start + (t.to - 1) * dilation >= size) --t.to;
  return t;
}

AOT_INLINE void multiply(uint32_t pixels, uint32_t weights, int32_t *sums) {
  const uint32_t even = aot_bytes_even(pixels), odd = aot_bytes_odd(pixels);
  const uint32_t even_weights = aot_bytes_even(weights), odd_weights = aot_bytes_odd(weights);
  sums[0] = aot_smlabb(even, even_weights, sums[0]);
  sums[1] = aot_smlabb(odd, odd_weights, sums[1]);
  sums[2] = aot_smlatt(even, even_weights, sums[2]);
  sums[3] = aot_smlatt(odd, odd_weights, sums[3]);
}

/* Four channels at one position, without bias. Not inline, so that the registers are its own. */
static __attribute__((noinline)) void four(const aot_depthwise_dsp_t *l, const int8_t *input,
                                           uint32_t channel, int32_t top, int32_t left, int32_t *sums) {
  const aot_window_t *k = &l->kernel;
  const taps_t rows = inside(top, k->h, k->dilation_h, l->in_h),
               columns = inside(left, k->w, k->dilation_w, l->in_w);
  const uint32_t zeros = (uint8_t)l->input_zero * UINT32_C(0x01010101);
  const int8_t *w = l->weights + channel;
  int32_t a[4] = {0, 0, 0, 0};
  for (int32_t ky = 0; ky < k->h; ++ky) {
    int32_t kx = 0;
    if (ky >= rows.from && ky < rows.to) {
      const int32_t at = (top + ky * k->dilation_h) * l->in_w + left;
      for (; kx < columns.from; ++kx, w += l->channels) multiply(zeros, aot_word(w), a);
      const int8_t *x = input + channel + (at + kx * k->dilation_w) * (int32_t)l->channels;
      const uint32_t step = (uint32_t)k->dilation_w * l->channels;
      for (; kx < columns.to; ++kx, w += l->channels, x += step) multiply(aot_word(x), aot_word(w), a);
    }
    for (; kx < k->w; ++kx, w += l->channels) multiply(zeros, aot_word(w), a);
  }
  memcpy(sums, a, sizeof a);
}

void aot_depthwise_dsp(const aot_depthwise_dsp_t *l, const int8_t *input, int8_t *output) {
  for (int32_t y = 0; y < l->out_h; ++y) {
    for (int32_t x = 0; x < l->out_w; ++x) {
      const int32_t top = y * l->kernel.stride_h - l->kernel.pad_top;
      const int32_t left = x * l->kernel.stride_w - l->kernel.pad_left;
      for (uint32_t channel = 0; channel < l->channels; channel += 4) {
        int32_t sums[4];
        four(l, input, channel, top, left, sums);
        for (uint32_t c = 0; c < 4; ++c) {
          *output++ =
              aot_requantise_dsp(l->constants + channel + c, l->shift[channel + c], l->table, 2 * sums[c]);
        }
      }
    }
  }
}
