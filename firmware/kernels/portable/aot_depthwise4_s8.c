#include "aot_depthwise4_s8.h"

#include <stddef.h>

#include "aot_multiply.h"
#include "aot_scale_s8.h"

enum { MOST_TAPS_OF_FOUR = 9 }; /* of a window whose positions go by four */

/* A function of its own has all registers. */
#define OWN_REGISTERS __attribute__((noinline))

#if AOT_MULTIPLIES
/* Else GCC loads what several steps need first, and keeps sums in memory. */
#if defined(__GNUC__)
#define IN_ORDER __asm__ volatile("" ::: "memory")
#else
#define IN_ORDER (void)0
#endif

#define POSITION(i)                       \
  do {                                    \
    const int8_t *x = taps[i] + channel;  \
    a##i += x[0] * w0, b##i += x[1] * w1; \
    c##i += x[2] * w2, d##i += x[3] * w3; \
    IN_ORDER;                             \
  } while (0)

/* Four positions by four channels; taps[tap][position], sums[channel][position]. */
static OWN_REGISTERS void sixteen(const aot_depthwise_s8_t *l, const int8_t *const *taps,
                                  const int8_t *const *end, uint32_t channel, int32_t *sums) {
  const int8_t *w = l->weights + channel;
  const uint32_t channels = l->taps.shape.channels;
  int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
  int32_t c0 = 0, c1 = 0, c2 = 0, c3 = 0, d0 = 0, d1 = 0, d2 = 0, d3 = 0;
  for (; taps != end; taps += 4, w += channels) {
    const int32_t w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
    POSITION(0);
    POSITION(1);
    POSITION(2);
    POSITION(3);
  }
  sums[0] = a0, sums[1] = a1, sums[2] = a2, sums[3] = a3;
  sums[4] = b0, sums[5] = b1, sums[6] = b2, sums[7] = b3;
  sums[8] = c0, sums[9] = c1, sums[10] = c2, sums[11] = c3;
  sums[12] = d0, sums[13] = d1, sums[14] = d2, sums[15] = d3;
}

/* One position by four channels. */
static OWN_REGISTERS void four(const aot_depthwise_s8_t *l, const int8_t *const *taps,
                               const int8_t *const *end, uint32_t channel, int32_t *sums) {
  const int8_t *w = l->weights + channel;
  const uint32_t channels = l->taps.shape.channels;
  int32_t a = 0, b = 0, c = 0, d = 0;
  for (; taps != end; ++taps, w += channels) {
    const int8_t *x = *taps + channel;
    a += x[0] * w[0], b += x[1] * w[1], c += x[2] * w[2], d += x[3] * w[3];
  }
  sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}
#endif

/* One channel at some positions. */
static OWN_REGISTERS void rest(const aot_depthwise_s8_t *l, const int8_t *const *taps,
                               const int8_t *const *end, uint32_t channel, uint32_t positions,
                               int32_t *sums) {
  for (uint32_t i = 0; i < positions; ++i) {
    const int8_t *w = l->weights + channel;
    int32_t sum = 0;
    for (const int8_t *const *tap = taps + i; tap < end; tap += positions, w += l->taps.shape.channels) {
      sum += (*tap)[channel] * *w;
    }
    sums[i] = sum;
  }
}

/* Where the taps of the window at (y, x) read, each `positions` further on. */
static OWN_REGISTERS void find(const aot_taps_t *t, const int8_t *input, int32_t y, int32_t x,
                               uint32_t positions, const int8_t **to) {
  const aot_window_t *k = &t->shape.window;
  const int32_t left = x * k->stride_w - k->pad_left, channels = t->shape.channels;
  const int8_t *outside = (const int8_t *)t->outside;
  int32_t row = y * k->stride_h - k->pad_top;
  for (uint32_t ky = k->h; ky > 0; --ky, row += k->dilation_h) {
    const bool within = row >= 0 && row < t->shape.in_h;
    int32_t column = left;
    for (uint32_t kx = k->w; kx > 0; --kx, column += k->dilation_w, to += positions) {
      const bool in = within && column >= 0 && column < t->shape.in_w;
      *to = in ? input + (row * t->shape.in_w + column) * channels : outside;
    }
  }
}

void aot_depthwise4_s8(const aot_depthwise_s8_t *l, const int8_t *input, int8_t *output) {
  const aot_channelwise_shape_t *s = &l->taps.shape;
  const uint32_t channels = s->channels, window = (uint32_t)s->window.h * s->window.w;
  const aot_scale_s8_t scale = {l->bias, l->multiplier, l->shift, l->output_zero, l->low, l->high, channels};
  /* A step of four from the last position's last tap ends three places past them. */
  const int8_t *taps[4 * MOST_TAPS_OF_FOUR + 3];
  int32_t sums[16], y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const uint32_t positions = left < 4 || window > MOST_TAPS_OF_FOUR ? 1 : 4, count = positions * channels;
    for (uint32_t i = 0; i < positions; ++i) {
      find(&l->taps, input, y, x, positions, taps + i);
      if (++x == s->out_w) {
        x = 0;
        ++y;
      }
    }
    const int8_t *const *end = taps + positions * window;
    uint32_t channel = 0;
#if AOT_MULTIPLIES
    for (; channel + 4 <= channels; channel += 4) {
      (positions == 4 ? sixteen : four)(l, taps, end, channel, sums);
      aot_scale_s8(&scale, sums, channel, 4, positions, output);
    }
#endif
    for (; channel < channels; ++channel) {
      rest(l, taps, end, channel, positions, sums);
      aot_scale_s8(&scale, sums, channel, 1, positions, output);
    }
    aot_look_up_s8(l->table, output, count);
    output += count;
    left -= positions;
  }
}
