/* aot_conv3x3c1_pool2_dsp.h: the first layer of most small vision networks: 3x3 convolution of one channel
 * without padding, stride 1, then 2x2 max-pool, on dual 16-bit multiply-accumulates; at most 12 output
 * channels.
 *
 * A pool window sees a patch of 4x4 pixels. Two instructions widen a row of it to E = (x0, x2) and O = (x1,
 * x3), so the outer taps of a kernel row are one dual multiplication: of E for the left positions, of O for
 * the right ones. Two positions one above the other read the same middle pixels of rows 1 and 2, which are a
 * pair, and one of them that of row 0, the other that of row 3. So five multiplications do nine products. The
 * maximum is kept negated: a sum that starts from it ends as its own lead over the maximum so far, which is
 * clamped at 0 and taken off again.
 */
#ifndef AOT_CONV3X3C1_POOL2_DSP_H
#define AOT_CONV3X3C1_POOL2_DSP_H

#include <stddef.h>

#include "aot_dsp.h"
#include "aot_memory.h"

/* One channel. Weights, bias and offset are scaled as in aot_conv_dsp.h. */
typedef struct {
  uint32_t weights[5]; /* (w00, w02), (w10, w12), (w20, w22), (w11, w21), (w01, w11) */
  int32_t bias, multiplier, offset;
  const int8_t *table; /* at value 0: entries -128 to 127 */
} aot_channel3x3_dsp_t;

typedef struct {
  uint16_t in_w;                /* input columns, at most 1300 */
  uint16_t out_h, out_w, out_c; /* after the pool */
  const aot_channel3x3_dsp_t *channels;
  uint32_t shift_low,
      shift_high; /* right shifts after the multiplication, 5 bits each: of channels 0 to 5, 6 to 11 */
} aot_conv3x3c1_pool2_dsp_t;

/* input [in_h][in_w] -> output [out_h][out_w][out_c]; the two must not overlap. This is the twin: where the
 * core has the instructions, the compiler of the network writes a function of the same meaning for each layer
 * (toolkit/compiler/lower/dsp_3x3.py), with widths and shifts as immediates. */
AOT_INLINE void aot_conv3x3c1_pool2_dsp(const aot_conv3x3c1_pool2_dsp_t *l, const int8_t *input,
                                        int8_t *output) {
  const uint32_t width = l->in_w;
  for (uint32_t y = 0; y < l->out_h; ++y, input += 2 * width) {
    for (uint32_t x = 0; x < l->out_w; ++x) {
      for (uint32_t c = 0; c < l->out_c; ++c) {
        const aot_channel3x3_dsp_t *channel = l->channels + c;
        const uint32_t *w = channel->weights;
        int32_t most = INT32_MIN;
        for (uint32_t position = 0; position < 4; ++position) {
          const int8_t *pixel = input + position / 2 * width + 2 * x + position % 2;
          int32_t sum = 0;
          for (uint32_t ky = 0; ky < 3; ++ky, pixel += width) {
            sum += aot_low(w[ky]) * pixel[0] + aot_high(w[ky]) * pixel[2];
            sum += (ky == 2 ? aot_high(w[3]) : ky == 1 ? aot_low(w[3]) : aot_low(w[4])) * pixel[1];
          }
          most = aot_max(most, sum);
        }
        most += channel->bias;
        const uint32_t shift = (c < 6 ? l->shift_low >> 5 * c : l->shift_high >> 5 * (c - 6)) & 31;
        const int32_t scaled =
            aot_high_multiply_add(most, channel->multiplier, channel->offset + (most >> 31));
        *output++ = channel->table[aot_saturate_s8(scaled >> shift)];
      }
    }
  }
}

#endif
