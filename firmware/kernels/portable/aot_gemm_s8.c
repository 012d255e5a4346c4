#include "aot_gemm_s8.h"

#include "aot_multiply.h"
#include "aot_scale_s8.h"

/* A function of its own has all registers. */
#define OWN_REGISTERS __attribute__((noinline))

/* `count` neighbours to every `step`th byte. */
static OWN_REGISTERS void spread(const int8_t *from, uint32_t count, uint32_t step, int8_t *to) {
  for (const int8_t *end = from + count; from != end; to += step) *to = *from++;
}

/* The window that begins at (row, column), likewise. */
static OWN_REGISTERS void gather(const aot_gemm_s8_t *l, const int8_t *input, int32_t row, int32_t column,
                                 uint32_t step, int8_t *to) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t width = (int32_t)s->in_w * s->in_c, first = column * s->in_c, last = first + l->run;
  uint32_t left = l->taps;
  for (uint32_t ky = s->kernel_h; ky > 0; --ky, row += s->dilation_h, left -= l->run) {
    const int8_t *from = input + row * width;
    const bool within = row >= 0 && row < s->in_h;
    if (within && first >= 0 && last <= width) {
      spread(from + first, l->run, step, to);
      to += step * l->run;
      continue;
    }
    for (int32_t k = first; k < last; ++k, to += step) {
      spread(within && k >= 0 && k < width ? from + k : &l->input_zero, 1, step, to);
    }
  }
  if (left > 0) *to = 0;
}

#if AOT_MULTIPLIES
/* Else GCC loads what several steps need first, and keeps sums in memory. */
#if defined(__GNUC__)
#define IN_ORDER __asm__ volatile("" ::: "memory")
#else
#define IN_ORDER (void)0
#endif

#define STEP(a, w)                            \
  do {                                        \
    const int32_t weight = (w);               \
    a##0 += x0 * weight, a##1 += x1 * weight; \
    a##2 += x2 * weight, a##3 += x3 * weight; \
    IN_ORDER;                                 \
  } while (0)
#define TAP(x, w)                                                     \
  do {                                                                \
    const int32_t x0 = (x)[0], x1 = (x)[1], x2 = (x)[2], x3 = (x)[3]; \
    STEP(a, (w)[0]);                                                  \
    STEP(b, (w)[1]);                                                  \
    STEP(c, (w)[2]);                                                  \
    STEP(d, (w)[3]);                                                  \
  } while (0)

/* Four positions by four channels; sums[channel][position]. */
static OWN_REGISTERS void sixteen(const int8_t *x, const int8_t *w, uint32_t taps, int32_t *sums) {
  int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
  int32_t c0 = 0, c1 = 0, c2 = 0, c3 = 0, d0 = 0, d1 = 0, d2 = 0, d3 = 0;
  for (const int8_t *end = x + 4 * taps; x != end; x += 8, w += 8) {
    TAP(x, w);
    TAP(x + 4, w + 4);
  }
  sums[0] = a0, sums[1] = a1, sums[2] = a2, sums[3] = a3;
  sums[4] = b0, sums[5] = b1, sums[6] = b2, sums[7] = b3;
  sums[8] = c0, sums[9] = c1, sums[10] = c2, sums[11] = c3;
  sums[12] = d0, sums[13] = d1, sums[14] = d2, sums[15] = d3;
}

/* One position by four channels. */
static OWN_REGISTERS void four(const int8_t *x, const int8_t *w, uint32_t taps, int32_t *sums) {
  int32_t a = 0, b = 0, c = 0, d = 0;
  for (const int8_t *end = x + taps; x != end; x += 2, w += 8) {
    const int32_t x0 = x[0], x1 = x[1];
    a += x0 * w[0], b += x0 * w[1], c += x0 * w[2], d += x0 * w[3];
    a += x1 * w[4], b += x1 * w[5], c += x1 * w[6], d += x1 * w[7];
  }
  sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}
#else
/* by[tap * step] times each of x[tap][4]. */
static OWN_REGISTERS void products(const int8_t *by, uint32_t step, const int8_t *x, uint32_t taps,
                                   int32_t *sums) {
  uint32_t found[4] = {0, 0, 0, 0};
  for (const int8_t *end = x + 4 * taps; x != end; x += 4, by += step) aot_four_products(*by, x, found);
  for (uint32_t i = 0; i < 4; ++i) sums[i] = (int32_t)found[i];
}

static void sixteen(const int8_t *x, const int8_t *w, uint32_t taps, int32_t *sums) {
  for (uint32_t channel = 0; channel < 4; ++channel) products(w + channel, 4, x, taps, sums + 4 * channel);
}

static void four(const int8_t *x, const int8_t *w, uint32_t taps, int32_t *sums) {
  products(x, 1, w, taps, sums);
}
#endif

void aot_gemm_s8(const aot_gemm_s8_t *l, const int8_t *input, int8_t *patch, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const aot_scale_s8_t scale = {l->bias, l->multiplier, l->shift, l->output_zero, l->low, l->high, s->out_c};
  int32_t y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const uint32_t lanes = left < 4 ? 1 : l->lanes, count = lanes * s->out_c;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      gather(l, input, y * s->stride_h - s->pad_top, x * s->stride_w - s->pad_left, lanes, patch + lane);
      if (++x == s->out_w) {
        x = 0;
        ++y;
      }
    }
    const int8_t *weights = l->weights;
    for (uint32_t channel = 0; channel < s->out_c; channel += 4, weights += 4u * l->taps) {
      const uint32_t channels = s->out_c - channel < 4 ? s->out_c - channel : 4;
      int32_t sums[16];
      (lanes == 4 ? sixteen : four)(patch, weights, l->taps, sums);
      aot_scale_s8(&scale, sums, channel, channels, lanes, output);
    }
    aot_look_up_s8(l->table, output, count);
    output += count;
    left -= lanes;
  }
}
