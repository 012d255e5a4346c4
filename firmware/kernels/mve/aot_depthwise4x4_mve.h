/* aot_depthwise4x4_mve.h: int8 depthwise convolution of up to 4x4 taps, one output channel for each input
 * channel, on vectors.
 *
 * Sixteen channels of four rows are interleaved, so that a channel's four rows of a column are one word, and
 * its patch of four columns one gathering load. One VMLADAV is then one output: nine products or so, the
 * others with weight 0. A patch of 3x3 taps of stride 1 gives four outputs, two rows by two columns, by
 * weights that are moved on by a row and a column. What is outside the image is the zero point, which the
 * folded bias takes out again.
 */
#ifndef AOT_DEPTHWISE4X4_MVE_H
#define AOT_DEPTHWISE4X4_MVE_H

#include <stdbool.h>

#include "aot_conv.h"
#include "aot_mve.h"

/* What follows the sum of a channel. */
typedef struct {
  int32_t bias;
  int32_t multiplier;
  int32_t shift; /* -1 to -31: to the right */
} aot_scale_mve_t;

/* What the channels have that are computed together. */
typedef struct {
  const int8_t *weights;
  const aot_scale_mve_t *scales;
  const int8_t *table;
  const uint16_t *lanes;
  int32_t middle; /* the output's zero point + 128 */
} aot_channels_mve_t;

typedef struct {
  aot_channelwise_shape_t shape; /* a window of at most 4x4, not dilated */
  int8_t input_zero, output_zero;
  uint8_t columns;       /* of the output, at a time */
  uint8_t together;      /* columns in 16 bytes of the input, if there are 4 or 8 channels; else 1 */
  const int8_t *weights; /* [channels][column][row], four of each; the 5 bytes before it are 0 */
  const aot_scale_mve_t *scales;
  const int8_t *table;   /* [256], at value + 128; NULL if nothing follows the requantisation */
  const uint16_t *lanes; /* [2][8], where eight outputs go: of two rows, of one row */
} aot_depthwise4x4_mve_t;

/* `count` channels at `columns` columns of one row of the output or of two, from what was interleaved. */
typedef void aot_depthwise_rows_mve_t(const aot_channels_mve_t *channels, const int8_t *interleaved,
                                      int8_t *output, uint32_t count);

#if AOT_HAS_MVE
#define AOT_INTERLEAVE_MVE                                                     \
  "vst40.8 {q0, q1, q2, q3}, [%[at]]\n\tvst41.8 {q0, q1, q2, q3}, [%[at]]\n\t" \
  "vst42.8 {q0, q1, q2, q3}, [%[at]]\n\tvst43.8 {q0, q1, q2, q3}, [%[at]]!\n\tle lr, 1b"

/* Four rows, `count` vectors of each and steps[row] bytes from one to the next, to at[count][16][4]. */
static __attribute__((noinline, unused)) void aot_interleave_mve(const int8_t *const *rows,
                                                                 const uint32_t *steps, int8_t *at,
                                                                 uint32_t count) {
  const int8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  __asm__ volatile(
      "dls lr, %[count]\n"
      "1:\n\t"
      "vldrb.8 q0, [%[a]]\n\tvldrb.8 q1, [%[b]]\n\tvldrb.8 q2, [%[c]]\n\tvldrb.8 q3, [%[d]]\n\t"
      "add %[a], %[sa]\n\tadd %[b], %[sb]\n\tadd %[c], %[sc]\n\tadd %[d], %[sd]\n\t" AOT_INTERLEAVE_MVE
      : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [at] "+r"(at)
      : [count] "r"(count), [sa] "r"(steps[0]), [sb] "r"(steps[1]), [sc] "r"(steps[2]), [sd] "r"(steps[3])
      : "lr", "q0", "q1", "q2", "q3", "memory");
}

/* The same with one step, which the instruction holds: at most 127. */
AOT_INLINE void aot_interleave_near_mve(const int8_t *const *rows, uint32_t step, int8_t *at,
                                        uint32_t count) {
  const int8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  __asm__ volatile(
      "dls lr, %[count]\n"
      "1:\n\t"
      "vldrb.8 q0, [%[a]], %[step]\n\tvldrb.8 q1, [%[b]], %[step]\n\t"
      "vldrb.8 q2, [%[c]], %[step]\n\tvldrb.8 q3, [%[d]], %[step]\n\t" AOT_INTERLEAVE_MVE
      : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [at] "+r"(at)
      : [count] "r"(count), [step] "i"(step < 128 ? step : 0)
      : "lr", "q0", "q1", "q2", "q3", "memory");
}

/* The columns from `left` on, of all channels: interleaves sixteen of them, those outside the image too, and
 * computes their outputs, and goes on to the next sixteen. A row outside is `outside` again and again. */
AOT_INLINE void aot_depthwise_columns_mve(const aot_depthwise4x4_mve_t *l, aot_depthwise_rows_mve_t *compute,
                                          aot_channels_mve_t channels, const int8_t *input,
                                          const int8_t *outside, int32_t top, int32_t left, int32_t height,
                                          int8_t *interleaved, int8_t *output) {
  const aot_channelwise_shape_t *s = &l->shape;
  const int32_t reach = (l->columns - 1) * s->window.stride_w + s->window.w;
  const int32_t first = left < 0 ? 0 : left, end = left + reach < s->in_w ? left + reach : s->in_w;
  const uint32_t column = 64 / l->together, step = l->together > 1 ? 16 : s->channels;
  const uint32_t count = ((uint32_t)(end - first) + l->together - 1) / l->together;
  int8_t *const at = interleaved + (uint32_t)(first - left) * column;
  const int8_t *rows[4];
  uint32_t steps[4];
  bool near = __builtin_constant_p(step) && step < 128;
  for (int32_t row = 0; row < 4; ++row) {
    /* A row that no tap reads may be any. */
    const int32_t y = row < height ? top + row : (top < 0 ? 0 : top);
    const bool in = y >= 0 && y < s->in_h;
    rows[row] = in ? input + (uint32_t)(y * s->in_w + first) * s->channels : outside;
    steps[row] = in ? step : 0;
    near = near && in;
  }
#pragma GCC unroll 1
  for (uint32_t from = 0; from < s->channels; from += 16) {
    if (near) {
      aot_interleave_near_mve(rows, step, at, count);
    } else {
      aot_interleave_mve(rows, steps, at, count);
    }
    if (from == 0) {
      aot_fill_mve(interleaved, l->input_zero, (uint32_t)(first - left) * column);
      aot_fill_mve(interleaved + (uint32_t)(end - left) * column, l->input_zero,
                   (uint32_t)(left + reach - end) * column);
    }
    const uint32_t more = s->channels - from;
    compute(&channels, interleaved, output, more < 16 ? more : 16);
    channels.weights += 16 * 16;
    channels.scales += 16;
    output += 16;
    for (uint32_t row = 0; row < 4; ++row) rows[row] += near || steps[row] > 0 ? 16 : 0;
  }
}
#else
/* One output, straight from the image. */
AOT_INLINE int8_t aot_depthwise_one(const aot_depthwise4x4_mve_t *l, const int8_t *input, uint32_t channel,
                                    int32_t top, int32_t left) {
  const aot_channelwise_shape_t *s = &l->shape;
  const aot_scale_mve_t *scale = l->scales + channel;
  int32_t sum = scale->bias;
  for (int32_t at = 0; at < 16; ++at) {
    const int32_t y = top + at % 4, x = left + at / 4;
    const bool in = y >= 0 && y < s->in_h && x >= 0 && x < s->in_w;
    sum += l->weights[channel * 16 + (uint32_t)at] *
           (in ? input[(uint32_t)(y * s->in_w + x) * s->channels + channel] : l->input_zero);
  }
  const int32_t value =
      aot_saturate_s8(l->output_zero + aot_requantise(sum, scale->multiplier, scale->shift));
  return l->table != NULL ? l->table[128 + value] : (int8_t)value;
}
#endif

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]. `two` and `one` are the layer's own
 * functions for two rows and for one; one of them may be NULL. `interleaved` is scratch, a multiple of 4 in
 * address. Reads up to 15 bytes past the input. */
AOT_INLINE void aot_depthwise4x4_mve(const aot_depthwise4x4_mve_t *l, aot_depthwise_rows_mve_t *two,
                                     aot_depthwise_rows_mve_t *one, const int8_t *input, int8_t *interleaved,
                                     int8_t *output) {
  const aot_channelwise_shape_t *s = &l->shape;
  const aot_window_t *k = &s->window;
#if AOT_HAS_MVE
  int8_t outside[16];
  aot_fill_mve(outside, l->input_zero, sizeof outside);
  for (uint32_t y = 0; y < s->out_h;) {
    const uint32_t rows = two != NULL && s->out_h - y > 1 ? 2 : 1;
    const int32_t top = (int32_t)(y * k->stride_h) - k->pad_top;
    int8_t *to = output + y * s->out_w * s->channels;
    for (uint32_t x = 0;;) {
      const int32_t left = (int32_t)(x * k->stride_w) - k->pad_left;
      const aot_channels_mve_t channels = {l->weights, l->scales, l->table, l->lanes + (rows == 2 ? 0 : 8),
                                           l->output_zero + 128};
      aot_depthwise_columns_mve(l, rows == 2 ? two : one, channels, input, outside, top, left,
                                k->h + (int32_t)rows - 1, interleaved, to + x * s->channels);
      if (x + l->columns >= s->out_w) break;
      /* The last columns may be computed again. */
      x = x + 2u * l->columns <= s->out_w ? x + l->columns : (uint32_t)s->out_w - l->columns;
    }
    y += rows;
  }
#else
  (void)two, (void)one, (void)interleaved;
  for (int32_t y = 0; y < s->out_h; ++y) {
    for (int32_t x = 0; x < s->out_w; ++x) {
      for (uint32_t channel = 0; channel < s->channels; ++channel) {
        *output++ =
            aot_depthwise_one(l, input, channel, y * k->stride_h - k->pad_top, x * k->stride_w - k->pad_left);
      }
    }
  }
#endif
}

/* The same, once for all layers: a little slower and much smaller. */
static __attribute__((noinline, unused)) void aot_depthwise4x4_small_mve(
    const aot_depthwise4x4_mve_t *l, aot_depthwise_rows_mve_t *two, aot_depthwise_rows_mve_t *one,
    const int8_t *input, int8_t *interleaved, int8_t *output) {
  aot_depthwise4x4_mve(l, two, one, input, interleaved, output);
}

#endif
