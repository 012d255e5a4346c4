/* aot_conv_mve.h: int8 convolution + bias + activation + max-pool on vectors, for a layer known at compile
 * time.
 *
 * Rows are read where they are, unless the layer is padded: then they are copied with their padding as they
 * are needed. Loops that are not a pool window's are not unrolled: they would gain little and grow much.
 */
#ifndef AOT_CONV_MVE_H
#define AOT_CONV_MVE_H

#include "aot_conv_tile_mve.h"
#include "aot_rows_mve.h"

/* One output position of a group of channels, `positions` of its window at a time. */
AOT_INLINE void aot_window_mve(const aot_conv_mve_t *l, aot_tile_mve_t *tile, const int8_t *x,
                               uint32_t positions, uint32_t first, uint32_t channels, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const int8_t *w = (const int8_t *)aot_opaque(l->weights + first * s->kernel_h * l->chunks * 16);
  const aot_quad_mve_t *quad = (const aot_quad_mve_t *)aot_opaque(l->quads + first / 4);
  const uint32_t step = (uint32_t)s->stride_w * s->in_c;
  aot_quad_t most = aot_quad_any();
  for (uint32_t py = 0; py < s->pool_h; ++py, x += s->stride_h * l->pitch) {
    for (uint32_t px = 0; px < s->pool_w; px += positions) {
      aot_quad_t here = aot_quad_any(), other = aot_quad_any();
      tile(l, w, x + px * step, step, positions, channels, &here, &other);
      if (positions > 1) here = aot_quad_max(here, other);
      most = py + px > 0 ? aot_quad_max(most, here) : here;
    }
  }
  aot_quad_store(aot_quad_values(quad, l->output_zero, l->table, most), channels, output);
}

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `tile` is the layer's own. `rows` is scratch if
 * the layer is padded: row_count * pitch + 15. Reads up to 15 bytes past the input. */
AOT_INLINE void aot_conv_mve(const aot_conv_mve_t *l, aot_tile_mve_t *tile, const int8_t *input, int8_t *rows,
                             int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t step = (uint32_t)s->pool_stride_w * s->stride_w * s->in_c;
  const uint32_t positions = s->pool_w % 2 == 0 ? 2 : 1;
  for (uint32_t y = 0; y < s->out_h; ++y) {
    const int8_t *x = rows;
    if (l->padded) {
      aot_advance_rows_mve(s, l->pitch, l->input_zero, input, rows, y);
    } else {
      x = input + y * s->pool_stride_h * s->stride_h * l->pitch;
    }
#pragma GCC unroll 1
    for (uint32_t left = s->out_w; left > 0; --left, x += step, output += s->out_c) {
      uint32_t first = 0;
#pragma GCC unroll 1
      for (; first + 4 <= s->out_c; first += 4) {
        aot_window_mve(l, tile, x, positions, first, 4, output + first);
      }
      if (s->out_c % 4 > 0) aot_window_mve(l, tile, x, positions, first, s->out_c % 4, output + first);
    }
  }
}

#endif
