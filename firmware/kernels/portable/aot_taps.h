/* aot_taps.h: where the taps of a depthwise window read, found once a position for all channels.
 *
 * A tap outside the image reads `outside` instead: a pixel whose value adds nothing (the zero point, which
 * the folded bias takes out again; 0 for floats). So no channel of a kernel asks whether a tap is inside.
 */
#ifndef AOT_TAPS_H
#define AOT_TAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "aot_conv.h"

enum { AOT_MOST_TAPS = 25 };

typedef struct {
  aot_channelwise_shape_t shape; /* a window of at most AOT_MOST_TAPS taps */
  uint32_t pixel_bytes;          /* of all channels together */
  const uint8_t *outside;        /* pixel_bytes of it; NULL if no tap ever is outside */
} aot_taps_t;

/* Sets taps[window.h * window.w] for output position (y, x). Positions must be asked for row by row, from
 * left to right, with the same `taps`: between windows inside the image's columns the taps just move on. */
static inline void aot_taps_at(const aot_taps_t *t, const void *input, int32_t y, int32_t x,
                               const uint8_t **taps) {
  const aot_window_t *k = &t->shape.window;
  const uint8_t *image = (const uint8_t *)input;
  const int32_t left = x * k->stride_w - k->pad_left;
  int32_t row = y * k->stride_h - k->pad_top;
  if (x > 0 && left >= k->stride_w && left + (k->w - 1) * (int32_t)k->dilation_w < t->shape.in_w) {
    const uint32_t step = k->stride_w * t->pixel_bytes;
    for (uint32_t i = 0; i < (uint32_t)k->h * k->w; ++i) {
      if (taps[i] != t->outside) taps[i] += step;
    }
    return;
  }
  for (uint8_t ky = 0; ky < k->h; ++ky, row += k->dilation_h) {
    int32_t column = left;
    for (uint8_t kx = 0; kx < k->w; ++kx, column += k->dilation_w) {
      const bool in = row >= 0 && row < t->shape.in_h && column >= 0 && column < t->shape.in_w;
      *taps++ = in ? image + ((uint32_t)row * t->shape.in_w + (uint32_t)column) * t->pixel_bytes : t->outside;
    }
  }
}

#endif
