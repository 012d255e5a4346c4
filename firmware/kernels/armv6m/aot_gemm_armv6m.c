#include "aot_gemm_armv6m.h"

#define OWN_REGISTERS __attribute__((noinline))

/* `count` neighbours, 128 more than they are, to every `step`th byte; their sum. */
static OWN_REGISTERS uint32_t spread(const uint8_t *from, uint32_t count, uint8_t *to, uint32_t step) {
  uint32_t sum = 0;
#define ONE(i)                            \
  do {                                    \
    const uint32_t value = from[i] ^ 128; \
    sum += value;                         \
    *to = (uint8_t)value;                 \
    to += step;                           \
  } while (0)
  for (; count >= 4; count -= 4, from += 4) {
    ONE(0);
    ONE(1);
    ONE(2);
    ONE(3);
  }
  for (; count > 0; --count, ++from) ONE(0);
#undef ONE
  return sum;
}

/* The window that begins at (row, column), likewise. */
static OWN_REGISTERS uint32_t gather(const aot_gemm_armv6m_t *l, const int8_t *input, int32_t row,
                                     int32_t column, uint8_t *to, uint32_t step) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t width = (int32_t)s->in_w * s->in_c, first = column * s->in_c;
  const uint8_t zero = (uint8_t)l->input_zero;
  uint32_t left = l->taps, sum = 0;
  for (uint32_t ky = s->kernel_h; ky > 0; --ky, row += s->dilation_h, left -= l->run) {
    const uint8_t *from = (const uint8_t *)input + row * width;
    const bool within = row >= 0 && row < s->in_h;
    if (within && first >= 0 && first + l->run <= width) {
      sum += spread(from + first, l->run, to, step);
      to += step * l->run;
      continue;
    }
    for (int32_t k = first; k < first + l->run; ++k, to += step) {
      sum += spread(within && k >= 0 && k < width ? from + k : &zero, 1, to, step);
    }
  }
  for (; left > 0; --left, to += step) *to = 0;
  return sum;
}

void aot_gemm_armv6m(const aot_gemm_armv6m_t *l, aot_armv6m_run_t *by_four, const int8_t *input,
                     uint32_t *patch, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t words = 2u + l->taps / 4u;
  aot_armv6m_t r = {.taps = patch,
                    .stream = l->stream,
                    .stride = s->out_c,
                    .steps = l->taps / 8u,
                    .zero = 2 * l->output_zero + 1,
                    .end = l->stream + words * s->out_c,
                    .words = 4 * words,
                    .low = l->low,
                    .high = l->high};
  /* Of each word only the lowest byte is written later. */
  for (uint32_t i = 0; l->apart > 1 && i < 4u * l->taps; ++i) patch[i] = 0;
  int32_t y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const bool four = left >= 4 && by_four != NULL;
    const uint32_t lanes = four ? 4 : 1, apart = four ? l->apart : 1;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      const int32_t row = y * s->stride_h - s->pad_top, column = x * s->stride_w - s->pad_left;
      uint8_t *to = (uint8_t *)patch + apart * lane;
      r.start[lane] = -128 * (int32_t)gather(l, input, row, column, to, apart * lanes);
      if (++x == s->out_w) {
        x = 0;
        ++y;
      }
    }
    const uint32_t count = lanes * s->out_c;
    r.output = output;
    if (four) {
      by_four(&r);
    } else {
      aot_armv6m_one(&r, aot_armv6m_products);
    }
    aot_armv6m_look_up(l->table, output, count);
    output += count;
    left -= lanes;
  }
}
