/* aot_depthwise_mve.h: int8 depthwise convolution, one output channel for each input channel, on vectors.
 *
 * Eight neighbouring channels at a time: pixels and weights are widened as they are loaded, and the products
 * of the even and of the odd channels are two vectors of sums: six instructions for eight
 * multiply-accumulates. Taps outside the image meet the zero point, which the folded bias takes out again.
 * For a layer known at compile time.
 */
#ifndef AOT_DEPTHWISE_MVE_H
#define AOT_DEPTHWISE_MVE_H

#include <stdbool.h>

#include "aot_conv.h"
#include "aot_mve.h"

typedef struct {
  aot_channelwise_shape_t shape; /* channels: a multiple of 4 */
  int8_t input_zero, output_zero;
  const int8_t *weights;       /* by groups of 8 channels, the last padded: [window.h][window.w][8] */
  const aot_quad_mve_t *quads; /* two a group: of channels 0, 2, 4, 6 and of 1, 3, 5, 7 */
  const int8_t *table;         /* [256], at value + 128; NULL if nothing follows the requantisation */
} aot_depthwise_mve_t;

typedef struct {
  aot_quad_t even, odd;
} aot_eight_t;

#if AOT_HAS_MVE
AOT_INLINE aot_eight_t aot_eight_zero(void) { return (aot_eight_t){vdupq_n_s32(0), vdupq_n_s32(0)}; }

/* Adds the products of `count` (4 or 8) channels at one tap, and steps to the next one's weights. In assembly
 * for the order: GCC loads several taps before it multiplies, and has not the registers for them. */
AOT_INLINE aot_eight_t aot_eight_add(aot_eight_t sums, const int8_t *x, const int8_t **w, uint32_t count) {
  (void)count;
  int16x8_t pixels, weights;
  int32x4_t products;
  __asm__ volatile(
      "vldrb.s16 %q[x8], [%[x]]\n\tvldrb.s16 %q[w8], [%[w]], #8\n\t"
      "vmullb.s16 %q[p], %q[x8], %q[w8]\n\tvadd.i32 %q[even], %q[even], %q[p]\n\t"
      "vmullt.s16 %q[p], %q[x8], %q[w8]\n\tvadd.i32 %q[odd], %q[odd], %q[p]"
      : [even] "+w"(sums.even), [odd] "+w"(sums.odd), [x8] "=&w"(pixels), [w8] "=&w"(weights),
        [p] "=&w"(products), [w] "+l"(*w)
      : [x] "l"(x)
      : "memory");
  return sums;
}

AOT_INLINE void aot_eight_store(aot_eight_t values, uint32_t count, int8_t *output) {
  const int32x4_t pairs = vsliq_n_s32(values.even, values.odd, 8);
  if (count == 8) {
    vstrhq_s32((int16_t *)(void *)output, pairs);
  } else {
    AOT_STORE_LANES("vstrht.32", "32", output, pairs, count / 2);
  }
}
#else
AOT_INLINE aot_eight_t aot_eight_zero(void) { return (aot_eight_t){{{0}}, {{0}}}; }

AOT_INLINE aot_eight_t aot_eight_add(aot_eight_t sums, const int8_t *x, const int8_t **w, uint32_t count) {
  for (uint32_t i = 0; i < count / 2; ++i) {
    sums.even.lane[i] += x[2 * i] * (*w)[2 * i];
    sums.odd.lane[i] += x[2 * i + 1] * (*w)[2 * i + 1];
  }
  *w += 8;
  return sums;
}

AOT_INLINE void aot_eight_store(aot_eight_t values, uint32_t count, int8_t *output) {
  for (uint32_t i = 0; i < count; ++i) output[i] = (int8_t)(i % 2 ? values.odd : values.even).lane[i / 2];
}
#endif

/* `count` channels from `first` on, at one position. `inside`: no tap leaves the image. */
AOT_INLINE void aot_eight_mve(const aot_depthwise_mve_t *l, const int8_t *input, const int8_t *zeros,
                              uint32_t first, uint32_t count, int32_t top, int32_t left, bool inside,
                              int8_t *output) {
  const aot_channelwise_shape_t *s = &l->shape;
  const aot_window_t *k = &s->window;
  const int8_t *w = (const int8_t *)aot_opaque(l->weights + first * k->h * k->w);
  aot_eight_t sums = aot_eight_zero();
  for (int32_t ky = 0; ky < k->h; ++ky) {
    const int32_t y = top + ky * k->dilation_h;
    for (int32_t kx = 0; kx < k->w; ++kx) {
      const int32_t x = left + kx * k->dilation_w;
      const bool here = inside || (y >= 0 && y < s->in_h && x >= 0 && x < s->in_w);
      sums = aot_eight_add(sums, here ? input + (y * s->in_w + x) * s->channels + (int32_t)first : zeros, &w,
                           count);
    }
  }
  const aot_quad_mve_t *quads = (const aot_quad_mve_t *)aot_opaque(l->quads + first / 4);
  sums.even = aot_quad_values(quads, l->output_zero, l->table, sums.even);
  sums.odd = aot_quad_values(quads + 1, l->output_zero, l->table, sums.odd);
  aot_eight_store(sums, count, output);
}

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]; the two must not overlap. Reads up to 4
 * bytes past the input. */
AOT_INLINE void aot_depthwise_mve(const aot_depthwise_mve_t *l, const int8_t *input, int8_t *output) {
  const aot_channelwise_shape_t *s = &l->shape;
  const aot_window_t *k = &s->window;
  int8_t zeros[8];
  memset(zeros, l->input_zero, sizeof zeros);
  for (int32_t y = 0; y < s->out_h; ++y) {
    const int32_t top = y * k->stride_h - k->pad_top, bottom = top + (k->h - 1) * k->dilation_h;
    for (int32_t x = 0; x < s->out_w; ++x, output += s->channels) {
      const int32_t left = x * k->stride_w - k->pad_left, right = left + (k->w - 1) * k->dilation_w;
      const bool inside = top >= 0 && bottom < s->in_h && left >= 0 && right < s->in_w;
      uint32_t first = 0;
      if (inside) {
        for (; first + 8 <= s->channels; first += 8)
          aot_eight_mve(l, input, zeros, first, 8, top, left, true, output + first);
      } else {
        for (; first + 8 <= s->channels; first += 8)
          aot_eight_mve(l, input, zeros, first, 8, top, left, false, output + first);
      }
      if (first < s->channels) aot_eight_mve(l, input, zeros, first, 4, top, left, inside, output + first);
    }
  }
}

#endif
