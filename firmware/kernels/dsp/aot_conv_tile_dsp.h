/* aot_conv_tile_dsp.h: the convolution of aot_conv_dsp.h for a layer known at compile time.
 *
 * Tiles of two positions by four channels share their loads: twelve instructions for sixteen
 * multiply-accumulates, unrolled by the assembler. Weights come in groups of 4 channels, then 4 (one of them
 * empty), 2 or 1 for a rest of 3, 2 or 1.
 */
#ifndef AOT_CONV_TILE_DSP_H
#define AOT_CONV_TILE_DSP_H

#include <stddef.h>

#include "aot_conv_dsp.h"

/* The sums of `lanes` channels (1, 2 or 4) at `positions` positions (1 or 2, `apart` int16 apart), without
 * bias, to sums[position * lanes + lane]. */
AOT_INLINE void aot_tile_dsp(const aot_conv_dsp_t *l, const uint32_t *w, const int16_t *x, uint32_t apart,
                             uint32_t positions, uint32_t lanes, int32_t *sums) {
  const aot_tile_shape_t *s = &l->shape;
  /* Of one position, too: where GCC does not know that it is one, it warns of the others. */
  for (uint32_t i = 0; i < 2 * lanes; ++i) sums[i] = 0;
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

/* aot_tile_dsp for two positions and four channels, as the compiler of the network writes it for a layer
 * (toolkit/compiler/lower/dsp_tile.py): the sums of two neighbours, [position][channel], or, with a pool
 * window two wide, its largest sums. */
typedef void aot_tile_dsp_t(const uint32_t *w, const int16_t *x, int32_t *most);

/* One output position, or two without a pool, of a group of channels; with three channels the fourth lane is
 * empty. */
AOT_INLINE void aot_window_dsp(const aot_conv_dsp_t *l, aot_tile_dsp_t *tile, const int16_t *x,
                               uint32_t positions, uint32_t first, uint32_t channels, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t lanes = channels == 3 ? 4 : channels;
  const uint32_t *weights = (const uint32_t *)aot_opaque(l->weights + first * s->kernel_h * l->words);
  const aot_channel_dsp_t *constants = (const aot_channel_dsp_t *)aot_opaque(l->channels + first);
  const bool pooled = s->pool_w > 1 || s->pool_h > 1;
  const uint32_t step = (uint32_t)s->stride_w * s->in_c;
  const uint32_t apart = pooled ? step : step * s->pool_stride_w;
  int32_t most[8];
  if (positions == 2 && lanes == 4 && tile != NULL) {
    tile(weights, x, most);
  } else {
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

AOT_INLINE void aot_groups_dsp(const aot_conv_dsp_t *l, aot_tile_dsp_t *tile, const int16_t *x,
                               uint32_t positions, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  uint32_t first = 0;
  for (; first + 4 <= s->out_c; first += 4) aot_window_dsp(l, tile, x, positions, first, 4, output + first);
  if (s->out_c % 4 == 3) aot_window_dsp(l, tile, x, positions, first, 3, output + first);
  if (s->out_c % 4 == 2) aot_window_dsp(l, tile, x, positions, first, 2, output + first);
  if (s->out_c % 4 == 1) aot_window_dsp(l, tile, x, positions, first, 1, output + first);
}

/* As aot_conv_dsp(); `tile` is the layer's own, or NULL. */
AOT_INLINE void aot_conv_dsp_inline(const aot_conv_dsp_t *l, aot_tile_dsp_t *tile, const int8_t *input,
                                    int16_t *rows, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t step = (uint32_t)s->pool_stride_w * s->stride_w * s->in_c;
  const bool pooled = s->pool_w > 1 || s->pool_h > 1;
  for (uint16_t y = 0; y < s->out_h; ++y) {
    aot_advance_rows(l, input, rows, y);
    const int16_t *x = rows;
    uint32_t left = s->out_w;
    if (!pooled) {
      for (; left >= 2; left -= 2, x += 2 * step, output += 2 * s->out_c)
        aot_groups_dsp(l, tile, x, 2, output);
    }
    for (; left > 0; --left, x += step, output += s->out_c) {
      aot_groups_dsp(l, tile, x, pooled && s->pool_w % 2 == 0 ? 2 : 1, output);
    }
  }
}

/* Makes `columns` hold what a tile reads of the input from element `at` of its rows on; l->pitch is its
 * width. */
AOT_INLINE void aot_widen_columns(const aot_conv_dsp_t *l, const int8_t *input, int16_t *columns,
                                  uint16_t out_y, int32_t at, bool inside) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t width = s->in_w * s->in_c;
  for (uint32_t row = 0; row < s->row_count; ++row, columns += l->pitch) {
    const int32_t y = out_y * s->pool_stride_h * s->stride_h + (int32_t)row - s->pad_top;
    if (inside) {
      aot_widen(input + y * width + at, columns, l->pitch);
      continue;
    }
    const int32_t end = y < 0 || y >= s->in_h ? 0 : at + l->pitch < width ? at + l->pitch : width;
    const int32_t begin = at > 0 ? at : 0;
    aot_fill(columns, l->input_zero, l->pitch);
    if (begin < end) aot_widen(input + y * width + begin, columns + (begin - at), (uint32_t)(end - begin));
  }
}

/* As aot_conv_dsp_inline() in less scratch: row_count * pitch + 2 int16, where the pitch is the width of what
 * one tile reads. That is widened anew for each tile. */
AOT_INLINE void aot_conv_dsp_columns(const aot_conv_dsp_t *l, aot_tile_dsp_t *tile, const int8_t *input,
                                     int16_t *columns, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t step = s->pool_stride_w * s->stride_w * s->in_c, before = s->pad_left * s->in_c;
  const int32_t last = (s->out_h - 1) * s->pool_stride_h * s->stride_h + s->row_count;
  const bool pooled = s->pool_w > 1 || s->pool_h > 1;
  const bool inside = s->pad_top == 0 && before == 0 && last <= s->in_h &&
                      (s->out_w - 1) * step + l->pitch <= s->in_w * s->in_c;
  for (uint16_t y = 0; y < s->out_h; ++y) {
    for (uint16_t x = 0; x < s->out_w;) {
      const uint16_t positions = !pooled && s->out_w - x >= 2 ? 2 : 1;
      aot_widen_columns(l, input, columns, y, x * step - before, inside);
      aot_groups_dsp(l, tile, columns, pooled && s->pool_w % 2 == 0 ? 2 : positions, output);
      x = (uint16_t)(x + positions);
      output += positions * s->out_c;
    }
  }
}

#endif
