/* aot_conv_tile_dsp.h: the convolution of aot_conv_dsp.h for a layer known at compile time.
 *
 * Tiles of two positions by four channels share their loads: twelve instructions for sixteen
 * multiply-accumulates, unrolled by the assembler. Weights come in groups of 4 channels, then 4 (one of them
 * empty), 2 or 1 for a rest of 3, 2 or 1.
 */
#ifndef AOT_CONV_TILE_DSP_H
#define AOT_CONV_TILE_DSP_H

#include "aot_conv_dsp.h"

/* The sums of `lanes` channels (1, 2 or 4) at `positions` positions (1 or 2, `apart` int16 apart), without
 * bias, to sums[position * lanes + lane]. */
AOT_INLINE void aot_tile_dsp(const aot_conv_dsp_t *l, const uint32_t *w, const int16_t *x, uint32_t apart,
                             uint32_t positions, uint32_t lanes, int32_t *sums) {
  const aot_tile_shape_t *s = &l->shape;
  for (uint32_t i = 0; i < positions * lanes; ++i) sums[i] = 0;
  for (uint32_t ky = 0; ky < s->kernel_h; ++ky, x += (uint32_t)s->dilation_h * l->pitch) {
    for (uint32_t k = 0; k < l->words; ++k, w += lanes) {
      const uint32_t first = aot_word(x + 2 * k);
      const uint32_t second = positions > 1 ? aot_word(x + apart + 2 * k) : 0;
      for (uint32_t c = 0; c < lanes; c += 2) {
        uint32_t even, odd = 0;
        if (lanes > 1) {
          aot_two_words(w + c, &even, &odd);
        } else {
          even = aot_word(w);
        }
        sums[c] = aot_smlad(even, first, sums[c]);
        if (positions > 1) sums[lanes + c] = aot_smlad(even, second, sums[lanes + c]);
        if (lanes > 1) sums[c + 1] = aot_smlad(odd, first, sums[c + 1]);
        if (lanes > 1 && positions > 1) sums[lanes + c + 1] = aot_smlad(odd, second, sums[lanes + c + 1]);
      }
    }
  }
}

#if AOT_HAS_DSP
/* One word of weights of four channels by one word of two positions. r0 weights, r1 first position, r2 to r9
 * the sums. */
#define AOT_STEP_2X4(multiply, plus)                                                                 \
  "ldrd r10, r11, [r0], #8\n\tldr r12, [r1], #4\n\tldr lr, [r1, %[apart]]\n\t" multiply              \
  " r2, r10, r12" plus(2) multiply " r6, r10, lr" plus(6) multiply " r3, r11, r12" plus(3) multiply  \
      " r7, r11, lr" plus(7) "ldrd r10, r11, [r0], #8\n\t" multiply " r4, r10, r12" plus(4) multiply \
      " r8, r10, lr" plus(8) multiply " r5, r11, r12" plus(5) multiply " r9, r11, lr" plus(9)
#define AOT_STEP_NONE(register) "\n\t"
#define AOT_STEP_PLUS(register) ", r" #register "\n\t"

#define AOT_TILE_2X4                   \
  AOT_STEP_2X4("smuad", AOT_STEP_NONE) \
  ".rept %c[words] - 1\n\t" AOT_STEP_2X4("smlad", AOT_STEP_PLUS) ".endr\n\t"                               \
  ".rept %c[rows] - 1\n\tadd r1, r1, %[row]\n\t"                                                           \
  ".rept %c[words]\n\t" AOT_STEP_2X4("smlad", AOT_STEP_PLUS) ".endr\n\t.endr\n\t"
#define AOT_MAX_4                                                                  \
  "cmp r2, r6\n\tit lt\n\tmovlt r2, r6\n\tcmp r3, r7\n\tit lt\n\tmovlt r3, r7\n\t" \
  "cmp r4, r8\n\tit lt\n\tmovlt r4, r8\n\tcmp r5, r9\n\tit lt\n\tmovlt r5, r9\n\t"
#define AOT_TILE_OPERANDS                                                                    \
  [apart] "i"(2 * (int32_t)apart - 4), [words] "i"(l->words), [rows] "i"(l->shape.kernel_h), \
      [row] "i"(2 * (int32_t)l->shape.dilation_h * l->pitch - 4 * (int32_t)l->words)
#define AOT_TILE_CLOBBERS "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory"

/* aot_tile_dsp for two positions and four channels, unrolled by the assembler: 12 instructions for 16
 * multiply-accumulates. Everything that the layer's parameters decide must be a constant. */
AOT_INLINE void aot_tile_2x4_dsp(const aot_conv_dsp_t *l, const uint32_t *w, const int16_t *x, uint32_t apart,
                                 int32_t *sums) {
  register const uint32_t *weights __asm__("r0") = w;
  register const int16_t *position __asm__("r1") = x;
  register int32_t *result __asm__("r2") = sums;
  __asm__ volatile("push {r2}\n\t" AOT_TILE_2X4 "pop {r0}\n\tstm r0, {r2-r9}"
                   : "+r"(weights), "+r"(position), "+r"(result)
                   : AOT_TILE_OPERANDS
                   : AOT_TILE_CLOBBERS);
}

/* The largest sums of four channels in a pool window two wide: a tile a row. */
AOT_INLINE void aot_pool_2x4_dsp(const aot_conv_dsp_t *l, const uint32_t *w, const int16_t *x, uint32_t apart,
                                 int32_t *most) {
  register const uint32_t *weights __asm__("r0") = w;
  register const int16_t *position __asm__("r1") = x;
  register int32_t *result __asm__("r2") = most;
  __asm__ volatile(
      "push {r2}\n\t" AOT_TILE_2X4 AOT_MAX_4
      ".rept %c[pool] - 1\n\tpush {r2-r5}\n\tsub r0, r0, %[taps]\n\tadd r1, r1, %[next]\n\t" AOT_TILE_2X4
          AOT_MAX_4 "pop {r6-r9}\n\t" AOT_MAX_4
      ".endr\n\t"
      "pop {r0}\n\tstm r0, {r2-r5}"
      : "+r"(weights), "+r"(position), "+r"(result)
      : AOT_TILE_OPERANDS, [pool] "i"(l->shape.pool_h),
        [taps] "i"(16 * (uint32_t)l->shape.kernel_h * l->words),
        [next] "i"(2 * (int32_t)l->pitch *
                       (l->shape.stride_h - (l->shape.kernel_h - 1) * l->shape.dilation_h) -
                   4 * (int32_t)l->words)
      : AOT_TILE_CLOBBERS);
}
#endif

/* The unrolled code's immediates have 12 bits, and it should stay below 4 KiB. */
AOT_INLINE bool aot_unrolls_dsp(const aot_conv_dsp_t *l, uint32_t apart) {
  const aot_tile_shape_t *s = &l->shape;
  return AOT_HAS_DSP && apart < 1024 && (uint32_t)s->kernel_h * l->words * s->pool_h <= 40 &&
         (uint32_t)s->kernel_h * s->dilation_h * l->pitch < 2048 && (uint32_t)s->stride_h * l->pitch < 2048;
}

/* One output position, or two without a pool, of a group of channels; with three channels the fourth lane is
 * empty. */
AOT_INLINE void aot_window_dsp(const aot_conv_dsp_t *l, const int16_t *x, uint32_t positions, uint32_t first,
                               uint32_t channels, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t lanes = channels == 3 ? 4 : channels;
  const uint32_t *weights = (const uint32_t *)aot_opaque(l->weights + first * s->kernel_h * l->words);
  const aot_channel_dsp_t *constants = (const aot_channel_dsp_t *)aot_opaque(l->channels + first);
  const bool pooled = s->pool_w > 1 || s->pool_h > 1;
  const uint32_t step = (uint32_t)s->stride_w * s->in_c;
  const uint32_t apart = pooled ? step : step * s->pool_stride_w;
  int32_t most[8];
#if AOT_HAS_DSP
  if (positions == 2 && lanes == 4 && aot_unrolls_dsp(l, apart) && (!pooled || s->pool_w == 2)) {
    if (pooled) {
      aot_pool_2x4_dsp(l, weights, x, apart, most);
    } else {
      aot_tile_2x4_dsp(l, weights, x, apart, most);
    }
  } else
#endif
  {
    for (uint32_t c = 0; c < 8; ++c) most[c] = INT32_MIN;
    for (uint32_t py = 0; py < s->pool_h; ++py) {
      for (uint32_t px = 0; px < s->pool_w; px += pooled ? positions : 1) {
        int32_t sums[8];
        aot_tile_dsp(l, weights, x + py * s->stride_h * l->pitch + px * step, apart, positions, lanes, sums);
        for (uint32_t c = 0; c < lanes; ++c) {
          if (pooled && positions > 1) sums[c] = aot_max(sums[c], sums[lanes + c]);
          most[c] = aot_max(most[c], sums[c]);
          if (!pooled && positions > 1) most[lanes + c] = sums[lanes + c];
        }
      }
    }
  }
  for (uint32_t c = 0; c < channels; ++c) {
    output[c] = aot_finish_dsp(l, constants + c, first + c, most[c]);
    if (!pooled && positions > 1)
      output[s->out_c + c] = aot_finish_dsp(l, constants + c, first + c, most[lanes + c]);
  }
}

AOT_INLINE void aot_groups_dsp(const aot_conv_dsp_t *l, const int16_t *x, uint32_t positions,
                               int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  uint32_t first = 0;
  for (; first + 4 <= s->out_c; first += 4) aot_window_dsp(l, x, positions, first, 4, output + first);
  if (s->out_c % 4 == 3) aot_window_dsp(l, x, positions, first, 3, output + first);
  if (s->out_c % 4 == 2) aot_window_dsp(l, x, positions, first, 2, output + first);
  if (s->out_c % 4 == 1) aot_window_dsp(l, x, positions, first, 1, output + first);
}

AOT_INLINE void aot_conv_dsp_inline(const aot_conv_dsp_t *l, const int8_t *input, int16_t *rows,
                                    int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t step = (uint32_t)s->pool_stride_w * s->stride_w * s->in_c;
  const bool pooled = s->pool_w > 1 || s->pool_h > 1;
  for (uint16_t y = 0; y < s->out_h; ++y) {
    aot_advance_rows(l, input, rows, y);
    const int16_t *x = rows;
    uint32_t left = s->out_w;
    if (!pooled) {
      for (; left >= 2; left -= 2, x += 2 * step, output += 2 * s->out_c) aot_groups_dsp(l, x, 2, output);
    }
    for (; left > 0; --left, x += step, output += s->out_c) {
      aot_groups_dsp(l, x, pooled && s->pool_w % 2 == 0 ? 2 : 1, output);
    }
  }
}

#endif
