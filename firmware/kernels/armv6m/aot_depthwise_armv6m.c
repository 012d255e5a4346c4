#include "aot_depthwise_armv6m.h"

/* Where the taps of the window at (y, x) read channel 0. */
static __attribute__((noinline)) void find(const aot_depthwise_armv6m_t *l, const int8_t *input, int32_t y,
                                           int32_t x, uint32_t lanes, int32_t *to) {
  const aot_window_t *k = &l->shape.window;
  const int32_t step = k->dilation_w * (int32_t)l->shape.channels, outside = AOT_ARMV6M_OUTSIDE(l->outside);
  const int32_t left = x * k->stride_w - k->pad_left, *const end = to + l->taps * lanes;
  int32_t row = y * k->stride_h - k->pad_top;
  for (uint32_t ky = k->h; ky > 0; --ky, row += k->dilation_h) {
    const bool within = row >= 0 && row < l->shape.in_h;
    int32_t column = left, place = AOT_ARMV6M_PLACE(input, (row * l->shape.in_w + left) * l->shape.channels);
    for (uint32_t kx = k->w; kx > 0; --kx, column += k->dilation_w, place += step, to += lanes) {
      *to = within && column >= 0 && column < l->shape.in_w ? place : outside;
    }
  }
  for (; to != end; to += lanes) *to = AOT_ARMV6M_PLACE(input, 0);
}

void aot_depthwise_armv6m(const aot_depthwise_armv6m_t *l, const int8_t *input, int32_t *places,
                          int8_t *output) {
  const aot_channelwise_shape_t *s = &l->shape;
  const uint32_t words = 2u + (l->taps + 3u) / 4u;
  aot_armv6m_t r = {.taps = places,
                    .stream = l->stream,
                    .stride = s->channels,
                    .zero = 2 * l->output_zero + 1,
                    .end = l->stream + words * s->channels,
                    .words = 4 * words,
                    .low = l->low,
                    .high = l->high,
                    .input = input,
                    .outside = l->outside};
  int32_t y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const uint32_t lanes = left < 4 ? 1 : 4, count = lanes * s->channels;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      find(l, input, y, x, lanes, places + lane);
      if (++x == s->out_w) {
        x = 0;
        ++y;
      }
    }
    r.steps = 4u * l->taps * lanes;
    r.output = output;
    if (lanes == 4) {
      aot_armv6m_four(&r, aot_armv6m_places);
    } else {
      aot_armv6m_one(&r, aot_armv6m_place);
    }
    aot_armv6m_look_up(l->table, output, count);
    output += count;
    left -= lanes;
  }
}
