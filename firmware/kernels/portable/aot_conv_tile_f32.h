/* aot_conv_tile_f32.h: float32 convolution + bias + activation + max-pool, and dense layers, for a layer
 * known at compile time and a core with thirty-two single-precision registers.
 *
 * A tile of up to four positions, the pool's window or neighbours in a row, by up to four channels keeps its
 * sums in registers and shares its loads. Without padding the input is read where it is; with padding its
 * rows are copied to `rows` first, zeros around them.
 */
#ifndef AOT_CONV_TILE_F32_H
#define AOT_CONV_TILE_F32_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "aot_conv.h"
#include "aot_float.h"
#include "aot_memory.h"

typedef struct {
  aot_tile_shape_t shape;
  uint16_t pitch;       /* floats from one row to the next: in_w * in_c without padding */
  uint16_t run;         /* floats of one kernel row: kernel width * in_c */
  bool padded;          /* rows are copied */
  const float *weights; /* by groups of four channels, the last one perhaps smaller: [kernel_h][run][group] */
  const float *bias;    /* [out_c] */
  float slope, low, high; /* as in aot_conv.h */
} aot_conv_tile_f32_t;

/* Makes `rows` hold the input rows for output row `out_y`, zeros around them. */
AOT_INLINE void aot_advance_rows_f32(const aot_conv_tile_f32_t *l, const float *input, float *rows,
                                     uint32_t out_y) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t step = (uint32_t)s->pool_stride_h * s->stride_h;
  const uint32_t before = (uint32_t)s->pad_left * s->in_c, width = (uint32_t)s->in_w * s->in_c;
  uint32_t row = 0;
  if (out_y > 0 && step < s->row_count) {
    row = s->row_count - step;
    memmove(rows, rows + step * l->pitch, row * l->pitch * sizeof *rows);
  }
  for (; row < s->row_count; ++row) {
    const int32_t y = (int32_t)(out_y * step + row) - s->pad_top;
    float *to = rows + row * l->pitch;
    for (uint32_t i = 0; i < l->pitch; ++i) to[i] = 0.0f;
    if (y >= 0 && y < s->in_h) memcpy(to + before, input + (uint32_t)y * width, width * sizeof *to);
  }
}

/* Position p of a tile, in floats from the first: row by row through the pool's window, or along the row
 * without one. */
AOT_INLINE uint32_t aot_position_f32(const aot_conv_tile_f32_t *l, bool pooled, uint32_t p) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t step = (uint32_t)s->stride_w * s->in_c;
  if (!pooled) return p * s->pool_stride_w * step;
  return p / s->pool_w * s->stride_h * l->pitch + p % s->pool_w * step;
}

/* Adds one kernel row to the sums, or makes them of it. */
AOT_INLINE void aot_kernel_row_f32(const aot_conv_tile_f32_t *l, const float *w, const float *x,
                                   uint32_t positions, uint32_t channels, bool pooled, bool first,
                                   float *sums) {
#pragma GCC unroll 16
  for (uint32_t k = 0; k < l->run; ++k) {
#pragma GCC unroll 4
    for (uint32_t p = 0; p < positions; ++p) {
      const float data = x[aot_position_f32(l, pooled, p) + k];
#pragma GCC unroll 4
      for (uint32_t c = 0; c < channels; ++c) {
        const float product = data * w[k * channels + c];
        sums[p * channels + c] = first && k == 0 ? product : sums[p * channels + c] + product;
      }
    }
  }
}

AOT_INLINE void aot_tile_f32(const aot_conv_tile_f32_t *l, const float *x, uint32_t first, uint32_t positions,
                             uint32_t channels, bool pooled, float *output) {
  const aot_tile_shape_t *s = &l->shape;
  const float *w = l->weights + first * s->kernel_h * l->run;
  const uint32_t next = (uint32_t)s->dilation_h * l->pitch;
  float sums[16];
  if (s->kernel_h * l->run <= 16) {
#pragma GCC unroll 16
    for (uint32_t ky = 0; ky < s->kernel_h; ++ky) {
      aot_kernel_row_f32(l, w + ky * l->run * channels, x + ky * next, positions, channels, pooled, ky == 0,
                         sums);
    }
  } else {
    for (uint32_t i = 0; i < 16; ++i) sums[i] = 0.0f;
    for (uint32_t ky = 0; ky < s->kernel_h; ++ky) {
      aot_kernel_row_f32(l, w + ky * l->run * channels, x + ky * next, positions, channels, pooled, false,
                         sums);
    }
  }
#pragma GCC unroll 4
  for (uint32_t c = 0; c < channels; ++c) {
    /* Adding and the activation are monotone, so they follow the maximum. */
    const float bias = l->bias[first + c];
    float most = sums[c];
#pragma GCC unroll 4
    for (uint32_t p = 1; p < positions; ++p) {
      const float sum = sums[p * channels + c];
      if (!pooled) output[p * s->out_c + c] = aot_activate_f32(sum + bias, l->slope, l->low, l->high);
      if (pooled && sum > most) most = sum;
    }
    output[c] = aot_activate_f32(most + bias, l->slope, l->low, l->high);
  }
}

AOT_INLINE void aot_groups_f32(const aot_conv_tile_f32_t *l, const float *x, uint32_t positions, bool pooled,
                               float *output) {
  const aot_tile_shape_t *s = &l->shape;
  uint32_t first = 0;
  for (; first + 4 <= s->out_c; first += 4) aot_tile_f32(l, x, first, positions, 4, pooled, output + first);
  if (s->out_c % 4 == 3) aot_tile_f32(l, x, first, positions, 3, pooled, output + first);
  if (s->out_c % 4 == 2) aot_tile_f32(l, x, first, positions, 2, pooled, output + first);
  if (s->out_c % 4 == 1) aot_tile_f32(l, x, first, positions, 1, pooled, output + first);
}

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `rows` is scratch of row_count * pitch floats if
 * the layer is padded, unused otherwise. A pool has at most four positions. */
AOT_INLINE void aot_conv_tile_f32(const aot_conv_tile_f32_t *l, const float *input, float *rows,
                                  float *output) {
  const aot_tile_shape_t *s = &l->shape;
  const bool pooled = s->pool_h * s->pool_w > 1;
  const uint32_t step = (uint32_t)s->pool_stride_w * s->stride_w * s->in_c;
  for (uint32_t y = 0; y < s->out_h; ++y) {
    const float *x = l->padded ? rows : input + y * s->pool_stride_h * s->stride_h * l->pitch;
    if (l->padded) aot_advance_rows_f32(l, input, rows, y);
    uint32_t left = s->out_w;
    if (!pooled) {
      for (; left >= 4; left -= 4, x += 4 * step, output += 4 * s->out_c)
        aot_groups_f32(l, x, 4, false, output);
    }
    for (; left > 0; --left, x += step, output += s->out_c) {
      aot_groups_f32(l, x, pooled ? (uint32_t)s->pool_h * s->pool_w : 1, pooled, output);
    }
  }
}

#endif
