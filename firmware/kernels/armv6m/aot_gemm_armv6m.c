#include "aot_gemm_armv6m.h"

#define OWN_REGISTERS __attribute__((noinline))

/* `count` neighbours to every fourth word; their sum. */
static OWN_REGISTERS int32_t spread4(const int8_t *from, uint32_t count, int32_t *to) {
  int32_t sum = 0;
  for (; count >= 4; count -= 4, from += 4, to += 16) {
    sum += to[0] = from[0];
    sum += to[4] = from[1];
    sum += to[8] = from[2];
    sum += to[12] = from[3];
  }
  for (; count > 0; --count, to += 4) sum += *to = *from++;
  return sum;
}

/* The window that begins at (row, column) into a lane of the patch, and the sum of its taps. */
static OWN_REGISTERS int32_t gather(const aot_gemm_armv6m_t *l, const int8_t *input, int32_t row,
                                    int32_t column, uint32_t lanes, int32_t *to) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t width = (int32_t)s->in_w * s->in_c, first = column * s->in_c;
  const bool across = first >= 0 && first + l->run <= width;
  const int32_t *end = to + l->taps * lanes;
  int32_t sum = 0;
  for (uint32_t ky = s->kernel_h; ky > 0; --ky, row += s->dilation_h) {
    const bool within = row >= 0 && row < s->in_h;
    if (within && across && lanes == 4) {
      sum += spread4(input + row * width + first, l->run, to);
      to += 4 * l->run;
      continue;
    }
    for (int32_t k = first; k < first + l->run; ++k, to += lanes) {
      sum += *to = within && k >= 0 && k < width ? input[row * width + k] : l->input_zero;
    }
  }
  for (; to != end; to += lanes) *to = 0;
  return sum;
}

void aot_gemm_armv6m(const aot_gemm_armv6m_t *l, const int8_t *input, int32_t *patch, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t words = 2u + l->taps / 4u;
  aot_armv6m_t r = {.taps = patch,
                    .stream = l->stream,
                    .steps = l->taps / 8u,
                    .zero = 2 * l->output_zero + 1,
                    .end = l->stream + words * s->out_c,
                    .words = 4 * words,
                    .low = l->low,
                    .high = l->high,
                    .kind = AOT_ARMV6M_PRODUCTS};
  int32_t y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const uint32_t lanes = left < 4 ? 1 : 4, count = lanes * s->out_c;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      const int32_t row = y * s->stride_h - s->pad_top, column = x * s->stride_w - s->pad_left;
      r.start[lane] = -128 * gather(l, input, row, column, lanes, patch + lane);
      if (++x == s->out_w) {
        x = 0;
        ++y;
      }
    }
    r.output = output;
    r.stride = lanes == 4 ? s->out_c : 0;
    aot_armv6m_channels(&r);
    aot_armv6m_look_up(l->table, output, count);
    output += count;
    left -= lanes;
  }
}
