/* aot_conv_dsp.c: the convolution of aot_conv_dsp.h in little code, for a layer known only at run time.
 * Weights come in pairs of channels; the second of the last pair is empty if their number is odd. */
#include "aot_conv_dsp.h"

/* Two channels at one position, without bias. Not inline, so that the registers are its own. */
static __attribute__((noinline)) void pair(const aot_conv_dsp_t *l, const uint32_t *w, const int16_t *x,
                                           int32_t *sums) {
  const aot_tile_shape_t *s = &l->shape;
  int32_t first = 0, second = 0;
  for (uint32_t ky = s->kernel_h; ky > 0; --ky) {
    const int16_t *at = x;
    for (uint32_t k = l->words; k > 0; --k, at += 2, w += 2) {
      uint32_t even, odd;
      aot_two_words(w, &even, &odd);
      const uint32_t data = aot_word(at);
      first = aot_smlad(even, data, first);
      second = aot_smlad(odd, data, second);
    }
    x += (uint32_t)s->dilation_h * l->pitch;
  }
  sums[0] = first;
  sums[1] = second;
}

/* Two channels of one window. */
static void window(const aot_conv_dsp_t *l, uint32_t channel, const int16_t *x, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t *w = l->weights + (uint32_t)channel * s->kernel_h * l->words;
  int32_t most[2] = {INT32_MIN, INT32_MIN};
  for (uint32_t py = 0; py < s->pool_h; ++py, x += (uint32_t)s->stride_h * l->pitch) {
    const int16_t *at = x;
    for (uint32_t px = 0; px < s->pool_w; ++px, at += (uint32_t)s->stride_w * s->in_c) {
      int32_t sums[2];
      pair(l, w, at, sums);
      most[0] = aot_max(most[0], sums[0]);
      most[1] = aot_max(most[1], sums[1]);
    }
  }
  for (uint32_t c = 0; c < 2 && channel + c < s->out_c; ++c) {
    output[c] = aot_finish_dsp(l, l->channels + channel + c, channel + c, most[c]);
  }
}

void aot_conv_dsp(const aot_conv_dsp_t *l, const int8_t *input, int16_t *rows, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t step = (uint32_t)s->pool_stride_w * s->stride_w * s->in_c;
  for (uint16_t y = 0; y < s->out_h; ++y) {
    aot_advance_rows(l, input, rows, y);
    const int16_t *x = rows;
    for (uint16_t out_x = 0; out_x < s->out_w; ++out_x, x += step, output += s->out_c) {
      for (uint32_t channel = 0; channel < s->out_c; channel += 2) window(l, channel, x, output + channel);
    }
  }
}
