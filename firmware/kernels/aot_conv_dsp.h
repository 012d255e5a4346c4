/* aot_conv_dsp.h: int8 convolution + bias + activation + max-pool, and dense layers, on dual 16-bit
 * multiply-accumulates.
 *
 * Input rows are widened to int16 as they are needed, padding included, into `rows`, so that every kernel row
 * is one run of pairs. Weights are int16 pairs made by the compiler. A tile of two positions by up to four
 * channels shares its loads. The functions are inline: with constants for the layer GCC unrolls and
 * specialises them (generated code, "speed"), with a layer known only at run time they are loops
 * (aot_conv_dsp.c, "size").
 */
#ifndef AOT_CONV_DSP_H
#define AOT_CONV_DSP_H

#include <stdbool.h>

#include "aot_dsp.h"

/* What follows one channel's sum: sum + bias, all scaled by 2 * 2^left shift, as are the weights. */
typedef struct {
  int32_t bias;
  int32_t multiplier;
  int32_t offset; /* output_zero * 2^shift + 2^(shift - 1): the zero point and the rounding of the shift */
} aot_channel_dsp_t;

typedef struct {
  uint16_t in_h, in_w, in_c;
  uint16_t out_h, out_w, out_c;
  uint8_t stride_h, stride_w, dilation_h;
  uint8_t kernel_h, pad_top, pad_left;
  uint8_t pool_h, pool_w, pool_stride_h, pool_stride_w;
  uint8_t row_count; /* rows that one output row needs: (pool_h - 1) * stride_h + (kernel_h - 1) * dilation_h
                        + 1 */
  uint16_t pitch;    /* int16 from one widened row to the next; even */
  uint16_t words;    /* pairs of one kernel row: kernel width * in_c / 2, rounded up */
  int8_t input_zero;
  const uint32_t *weights; /* for each group of up to 4 channels: [kernel_h][words][channels of the group] */
  const aot_channel_dsp_t *channels; /* [out_c] */
  const uint8_t *shift;              /* [out_c], right shift after the multiplication */
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
} aot_conv_dsp_t;

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `rows` is scratch, row_count * pitch + 2 int16, a
 * multiple of 4 in address. Row y of the input is not read any more once output row y / (stride_h *
 * pool_stride_h) is written. */
void aot_conv_dsp(const aot_conv_dsp_t *layer, const int8_t *input, int16_t *rows, int8_t *output);

AOT_INLINE void aot_widen(const int8_t *from, int16_t *to, uint32_t count) {
  for (; count >= 4; count -= 4, from += 4, to += 4) {
    const uint32_t word = aot_word(from);
    const uint32_t even = aot_bytes_even(word), odd = aot_bytes_odd(word);
    const uint32_t first = aot_pack_low(even, odd), second = aot_pack_high(even, odd);
    memcpy(to, &first, 4);
    memcpy(to + 2, &second, 4);
  }
  for (; count > 0; --count) *to++ = *from++;
}

AOT_INLINE void aot_fill(int16_t *to, int16_t value, uint32_t count) {
  for (; count > 0; --count) *to++ = value;
}

/* Makes `rows` hold the input rows for output row `out_y`; those that the row before used too are moved up.
 */
AOT_INLINE void aot_advance_rows(const aot_conv_dsp_t *l, const int8_t *input, int16_t *rows,
                                 uint16_t out_y) {
  const uint32_t step = (uint32_t)l->pool_stride_h * l->stride_h;
  uint32_t row = 0;
  if (out_y > 0 && step < l->row_count) {
    row = l->row_count - step;
    aot_move_words((uint32_t *)(void *)rows, (const uint32_t *)(const void *)(rows + step * l->pitch),
                   row * l->pitch / 2);
  }
  const uint32_t before = (uint32_t)l->pad_left * l->in_c, width = (uint32_t)l->in_w * l->in_c;
  for (; row < l->row_count; ++row) {
    const int32_t y = (int32_t)(out_y * step + row) - l->pad_top;
    int16_t *to = rows + row * l->pitch;
    if (y < 0 || y >= l->in_h) {
      aot_fill(to, l->input_zero, l->pitch);
      continue;
    }
    if (before > 0) aot_fill(to, l->input_zero, before);
    aot_widen(input + (uint32_t)y * width, to + before, width);
    if (l->pitch > before + width) aot_fill(to + before + width, l->input_zero, l->pitch - before - width);
  }
}

AOT_INLINE int8_t aot_finish_dsp(const aot_conv_dsp_t *l, const aot_channel_dsp_t *constants,
                                 uint32_t channel, int32_t sum) {
  uint32_t multiplier, offset;
  sum += constants->bias;
  aot_two_words(&constants->multiplier, &multiplier, &offset);
  const uint8_t shift = l->shift[channel];
  const int32_t sign = shift > 0 ? sum >> 31 : 0;
  int32_t value = aot_high_multiply_add(sum, (int32_t)multiplier, (int32_t)offset + sign) >> shift;
  value = aot_saturate_s8(value);
  return l->table != NULL ? l->table[128 + value] : (int8_t)value;
}

#if AOT_HAS_DSP
/* One word of weights of four channels by one word of two positions; both pointers move on. It fills the
 * registers: eight sums, two pointers, four temporaries. `apart`, in int16, must be a constant: it is part of
 * the instruction. */
#define AOT_STEP_2X4(w, x, apart, s)                                                                        \
  do {                                                                                                      \
    uint32_t t0_, t1_, t2_, t3_;                                                                            \
    __asm__ volatile(                                                                                       \
        "ldrd %8, %9, [%12], #8\n\tldr %10, [%13], #4\n\tldr %11, [%13, %14]\n\t"                           \
        "smlad %0, %8, %10, %0\n\tsmlad %4, %8, %11, %4\n\tsmlad %1, %9, %10, %1\n\tsmlad %5, %9, %11, "    \
        "%5\n\t"                                                                                            \
        "ldrd %8, %9, [%12], #8\n\t"                                                                        \
        "smlad %2, %8, %10, %2\n\tsmlad %6, %8, %11, %6\n\tsmlad %3, %9, %10, %3\n\tsmlad %7, %9, %11, %7"  \
        : "+r"((s)[0]), "+r"((s)[1]), "+r"((s)[2]), "+r"((s)[3]), "+r"((s)[4]), "+r"((s)[5]), "+r"((s)[6]), \
          "+r"((s)[7]), "=&r"(t0_), "=&r"(t1_), "=&r"(t2_), "=&r"(t3_), "+r"(w), "+r"(x)                    \
        : "i"(2 * (int32_t)(apart)-4)                                                                       \
        : "memory");                                                                                        \
  } while (0)
#endif

/* Adds `words` words of weights of `channels` (1 to 4) by words of `positions` (1 or 2) to sums[position *
 * channels + channel]; the second position is `apart` int16 after the first. Returns where the weights go on.
 */
AOT_INLINE const uint32_t *aot_run_dsp(const uint32_t *w, const int16_t *x, uint32_t words, uint32_t apart,
                                       uint32_t positions, uint32_t channels, int32_t *sums) {
#if AOT_HAS_DSP
  if (__builtin_constant_p(apart) && apart < 1024 && positions == 2 && channels == 4) {
#pragma GCC unroll 8
    for (uint32_t k = 0; k < words; ++k) AOT_STEP_2X4(w, x, apart, sums);
    return w;
  }
#endif
  for (uint32_t k = 0; k < words; ++k, x += 2, w += channels) {
    const uint32_t first = aot_word(x);
    const uint32_t second = positions > 1 ? aot_word(x + apart) : 0;
    for (uint32_t c = 0; c < channels; ++c) {
      const uint32_t weight = aot_word(w + c);
      sums[c] = aot_smlad(weight, first, sums[c]);
      if (positions > 1) sums[channels + c] = aot_smlad(weight, second, sums[channels + c]);
    }
  }
  return w;
}

/* The sums of a tile, without bias. */
AOT_INLINE void aot_tile_dsp(const aot_conv_dsp_t *l, const uint32_t *w, const int16_t *x, uint32_t apart,
                             uint32_t positions, uint32_t channels, int32_t *sums) {
  for (uint32_t i = 0; i < positions * channels; ++i) sums[i] = 0;
#pragma GCC unroll 3
  for (uint32_t ky = 0; ky < l->kernel_h; ++ky, x += (uint32_t)l->dilation_h * l->pitch) {
    w = aot_run_dsp(w, x, l->words, apart, positions, channels, sums);
  }
}

/* One output position, or two without a pool, of a group of channels. */
AOT_INLINE void aot_window_dsp(const aot_conv_dsp_t *l, const int16_t *x, uint32_t positions, uint32_t first,
                               uint32_t channels, int8_t *output) {
  const uint32_t taps = (uint32_t)l->kernel_h * l->words;
  const uint32_t *weights = (const uint32_t *)aot_opaque(l->weights + first * taps);
  const aot_channel_dsp_t *constants = (const aot_channel_dsp_t *)aot_opaque(l->channels + first);
  const uint32_t apart = (uint32_t)l->stride_w * l->in_c;
  const bool pooled = l->pool_w > 1 || l->pool_h > 1;
  int32_t most[8] = {0}, sums[8] = {0};
  for (uint32_t py = 0; py < l->pool_h; ++py) {
    const int16_t *row = x + py * l->stride_h * l->pitch;
    for (uint32_t px = 0; px < l->pool_w; px += pooled ? positions : 1) {
      aot_tile_dsp(l, weights, row + px * apart, pooled ? apart : apart * l->pool_stride_w, positions,
                   channels, sums);
      for (uint32_t c = 0; c < channels; ++c) {
        if (pooled && positions > 1) sums[c] = aot_max(sums[c], sums[channels + c]);
        most[c] = py == 0 && px == 0 ? sums[c] : aot_max(most[c], sums[c]);
        if (!pooled && positions > 1) most[channels + c] = sums[channels + c];
      }
    }
  }
  for (uint32_t c = 0; c < channels; ++c) {
    output[c] = aot_finish_dsp(l, constants + c, first + c, most[c]);
    if (!pooled && positions > 1)
      output[l->out_c + c] = aot_finish_dsp(l, constants + c, first + c, most[channels + c]);
  }
}

AOT_INLINE void aot_groups_dsp(const aot_conv_dsp_t *l, const int16_t *x, uint32_t positions,
                               int8_t *output) {
  uint32_t first = 0;
  for (; first + 4 <= l->out_c; first += 4) aot_window_dsp(l, x, positions, first, 4, output + first);
  if (l->out_c % 4 == 3) aot_window_dsp(l, x, positions, first, 3, output + first);
  if (l->out_c % 4 == 2) aot_window_dsp(l, x, positions, first, 2, output + first);
  if (l->out_c % 4 == 1) aot_window_dsp(l, x, positions, first, 1, output + first);
}

AOT_INLINE void aot_conv_dsp_inline(const aot_conv_dsp_t *l, const int8_t *input, int16_t *rows,
                                    int8_t *output) {
  const uint32_t step = (uint32_t)l->pool_stride_w * l->stride_w * l->in_c;
  const bool pooled = l->pool_w > 1 || l->pool_h > 1;
  for (uint16_t y = 0; y < l->out_h; ++y) {
    aot_advance_rows(l, input, rows, y);
    const int16_t *x = rows;
    uint32_t left = l->out_w;
    if (!pooled) {
      for (; left >= 2; left -= 2, x += 2 * step, output += 2 * l->out_c) aot_groups_dsp(l, x, 2, output);
    }
    for (; left > 0; --left, x += step, output += l->out_c) {
      aot_groups_dsp(l, x, pooled && l->pool_w % 2 == 0 ? 2 : 1, output);
    }
  }
}

#endif
