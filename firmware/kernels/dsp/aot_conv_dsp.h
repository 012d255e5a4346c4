/* aot_conv_dsp.h: int8 convolution + bias + activation + max-pool, and dense layers, on dual 16-bit
 * multiply-accumulates.
 *
 * Input rows are widened to int16 as they are needed, padding included, into `rows`, so that every kernel row
 * is one run of pairs. Weights are int16 pairs made by the compiler. Two forms compute the same:
 * aot_conv_dsp(), compact, for a layer known at run time; and the inline one of aot_conv_tile_dsp.h, unrolled
 * for a layer known at compile time.
 */
#ifndef AOT_CONV_DSP_H
#define AOT_CONV_DSP_H

#include <stdbool.h>
#include <stddef.h>

#include "aot_conv.h"
#include "aot_dsp.h"

/* What follows one channel's sum: sum + bias, all scaled by 2 * 2^left shift, as are the weights. */
typedef struct {
  int32_t bias;
  int32_t multiplier;
  int32_t offset; /* output_zero * 2^shift + 2^(shift - 1): the zero point and the rounding of the shift */
} aot_channel_dsp_t;

typedef struct {
  aot_tile_shape_t shape;
  uint16_t pitch; /* int16 from one widened row to the next; even */
  uint16_t words; /* pairs of one kernel row: kernel width * in_c / 2, rounded up */
  int8_t input_zero;
  const uint32_t
      *weights; /* by groups of channels: [kernel_h][words][group]; the forms differ in the groups */
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
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t step = (uint32_t)s->pool_stride_h * s->stride_h;
  uint32_t row = 0;
  if (out_y > 0 && step < s->row_count) {
    row = s->row_count - step;
    aot_move_pairs(rows, rows + step * l->pitch, row * l->pitch / 2);
  }
  const uint32_t before = (uint32_t)s->pad_left * s->in_c, width = (uint32_t)s->in_w * s->in_c;
  for (; row < s->row_count; ++row) {
    const int32_t y = (int32_t)(out_y * step + row) - s->pad_top;
    int16_t *to = rows + row * l->pitch;
    if (y < 0 || y >= s->in_h) {
      aot_fill(to, l->input_zero, l->pitch);
      continue;
    }
    if (before > 0) aot_fill(to, l->input_zero, before);
    aot_widen(input + (uint32_t)y * width, to + before, width);
    if (l->pitch > before + width) aot_fill(to + before + width, l->input_zero, l->pitch - before - width);
  }
}

/* From a channel's scaled sum to its output byte. */
AOT_INLINE int8_t aot_requantise_dsp(const aot_channel_dsp_t *constants, uint8_t shift, const int8_t *table,
                                     int32_t sum) {
  uint32_t multiplier, offset;
  sum += constants->bias;
  aot_two_words(&constants->multiplier, &multiplier, &offset);
  const int32_t sign = shift > 0 ? sum >> 31 : 0;
  const int32_t scaled = aot_high_multiply_add(sum, (int32_t)multiplier, (int32_t)offset + sign);
  const int32_t value = aot_saturate_s8(scaled >> shift);
  return table != NULL ? table[128 + value] : (int8_t)value;
}

AOT_INLINE int8_t aot_finish_dsp(const aot_conv_dsp_t *l, const aot_channel_dsp_t *constants,
                                 uint32_t channel, int32_t sum) {
  return aot_requantise_dsp(constants, l->shift[channel], l->table, sum);
}

#endif
