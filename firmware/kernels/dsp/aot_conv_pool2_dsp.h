/* aot_conv_pool2_dsp.h: int8 convolution without padding, stride 1, on few channels, then 2x2 max-pool, on
 * dual 16-bit multiply-accumulates.
 *
 * What a pool window reads is widened once, as pairs of bytes (4i, 4i + 2) and (4i + 1, 4i + 3) of its rows:
 * a column is one such pair of all rows. Each channel passes over the columns with the sums of all four
 * positions in registers. Those on the left and those on the right meet other taps in the same column, those
 * above and below the same taps a row apart: so a column's rows are loaded once for up to twelve
 * multiplications. Where each side has one tap that is alone in its column, as with an odd number of
 * channels, it is paired with those of the rows above and below it.
 */
#ifndef AOT_CONV_POOL2_DSP_H
#define AOT_CONV_POOL2_DSP_H

#include <stdbool.h>
#include <stddef.h>

#include "aot_dsp.h"
#include "aot_memory.h"

/* The stream, by channels: for each column, for the left positions and then for the right ones, unless none
 * of their taps is there, a pair of int16 for each kernel row, 0 where it meets no tap; behind the first of
 * them the bias. A side with one tap in a column is left out there where `alone` is set: then follow such
 * taps' weights, of the right and of the left, (w0, w1) and (w1, w2) each. Then multiplier, offset, and the
 * right shift, at least 1, with bit 31 set in the last channel. They are scaled as in aot_conv_dsp.h. */
typedef struct {
  const uint32_t *stream;
  const int8_t *table;             /* what follows the requantisation, at value 0; NULL if nothing does */
  uint16_t pitch;                  /* bytes of an input row */
  uint16_t out_h, out_w, channels; /* after the pool */
  uint8_t in_c, kernel_h, run;     /* run: taps of one kernel row, kernel width * in_c */
  bool alone;
} aot_conv_pool2_dsp_t;

/* input [in_h][in_w][in_c] -> output [out_h][out_w][channels]. `columns` is scratch, a word for each pair of
 * bytes of a patch, and four where taps are alone: (kernel_h + 1) * (run + in_c) / 2 + 4, where run + in_c is
 * a multiple of 4. This is the twin: where the core has the instructions, the compiler of the network writes
 * a function of the same meaning for each layer (toolkit/compiler/lower/dsp_pool2_text.py). Row y of the
 * input is not read any more once output row y / 2 is written. */
AOT_INLINE void aot_conv_pool2_dsp(const aot_conv_pool2_dsp_t *l, const int8_t *input, uint32_t *columns,
                                   int8_t *output) {
  (void)columns;
  const int32_t run = l->run, in_c = l->in_c;
  for (uint32_t at = 0; at < (uint32_t)l->out_h * l->out_w; ++at) {
    const int8_t *patch = input + 2 * (at / l->out_w * l->pitch + at % l->out_w * l->in_c);
    const uint32_t *next = l->stream;
    for (uint32_t channel = 0; channel < l->channels; ++channel) {
      int32_t sums[4] = {0}, bias = 0;
      const int8_t *single[2] = {patch, patch};
      for (int32_t column = 0; column < (run + in_c) / 2; ++column) {
        const int32_t byte = column / 2 * 4 + column % 2;
        for (int32_t side = 0; side < 2; ++side) {
          const int32_t tap = byte - side * in_c;
          const bool low = tap >= 0 && tap < run, high = tap + 2 >= 0 && tap + 2 < run;
          if (l->alone && low != high) single[side] = patch + byte + (high ? 2 : 0);
          if (!(low || high) || (l->alone && low != high)) continue;
          for (uint32_t ky = 0; ky < l->kernel_h; ++ky, ++next) {
            const int8_t *row = patch + ky * l->pitch + byte;
            for (uint32_t below = 0; below < 2; ++below, row += l->pitch) {
              sums[2 * side + (int32_t)below] += aot_low(*next) * row[0] + aot_high(*next) * row[2];
            }
          }
          if (column == 0 && side == 0) bias = (int32_t)*next++;
        }
      }
      for (int32_t side = l->alone ? 1 : -1; side >= 0; --side, next += 2) {
        for (uint32_t below = 0; below < 2; ++below) {
          const int8_t *row = single[side] + below * l->pitch;
          sums[2 * side + (int32_t)below] += aot_low(next[0]) * row[0] + aot_high(next[0]) * row[l->pitch] +
                                             aot_high(next[1]) * row[2 * l->pitch];
        }
      }
      const int32_t sum = bias + aot_max(aot_max(sums[0], sums[1]), aot_max(sums[2], sums[3]));
      const int32_t scaled = aot_high_multiply_add(sum, (int32_t)next[0], (int32_t)next[1] + (sum >> 31));
      const int32_t value = aot_saturate_s8(scaled >> (uint8_t)next[2]);
      next += 3;
      *output++ = l->table != NULL ? l->table[value] : (int8_t)value;
    }
  }
}

#endif
