/* aot_rows_mve.h: the rows that an output row reads, with their padding, copied as they are needed. */
#ifndef AOT_ROWS_MVE_H
#define AOT_ROWS_MVE_H

#include "aot_conv.h"
#include "aot_mve.h"

/* Makes `rows` hold the input rows for output row `out_y`; those that the row before used too are moved up.
 */
AOT_INLINE void aot_advance_rows_mve(const aot_tile_shape_t *s, uint32_t pitch, int8_t zero,
                                     const int8_t *input, int8_t *rows, uint32_t out_y) {
  const uint32_t step = (uint32_t)s->pool_stride_h * s->stride_h;
  uint32_t row = 0;
  if (out_y > 0 && step < s->row_count) {
    row = s->row_count - step;
    aot_move_mve(rows, rows + step * pitch, row * pitch);
  }
  const uint32_t before = (uint32_t)s->pad_left * s->in_c, width = (uint32_t)s->in_w * s->in_c;
  for (; row < s->row_count; ++row) {
    const int32_t y = (int32_t)(out_y * step + row) - s->pad_top;
    int8_t *to = rows + row * pitch;
    if (y >= 0 && y < s->in_h) {
      aot_fill_mve(to, zero, before);
      aot_move_mve(to + before, input + (uint32_t)y * width, width);
      aot_fill_mve(to + before + width, zero, pitch - before - width);
    } else {
      aot_fill_mve(to, zero, pitch);
    }
  }
}

#endif
