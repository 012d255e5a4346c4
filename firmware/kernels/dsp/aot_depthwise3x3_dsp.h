/* aot_depthwise3x3_dsp.h: int8 depthwise convolution 3x3 of stride 1, two output rows at a time.
 *
 * Four channels of the four input rows that two output rows read are widened, as pairs of neighbours in a
 * column, padding included; then each channel passes over its columns with its weights in registers: twelve
 * multiplications for eighteen multiply-accumulates.
 */
#ifndef AOT_DEPTHWISE3X3_DSP_H
#define AOT_DEPTHWISE3X3_DSP_H

#include <stdbool.h>
#include <stddef.h>

#include "aot_dsp.h"

typedef struct {
  uint16_t in_h, in_w, out_h, out_w;
  uint16_t channels; /* 4 or more */
  uint8_t pad_top, pad_left;
  uint32_t outside;          /* four zero points: what a tap outside the image reads */
  const uint32_t *constants; /* [groups][4][10]: (w0k, w1k) for the columns k of the kernel; (w1k, w2k); bias,
                                multiplier, offset, and the right shift, at least 1; all scaled as in
                                aot_conv_dsp.h. Groups are of four channels; the last one ends with the last
                                channel, and may compute some of the one before it again */
  const int8_t *table;       /* [256], at value 0; NULL if nothing follows the requantisation */
} aot_depthwise3x3_dsp_t;

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]. `columns` is scratch, (out_w + 2) * 8
 * words. Once output rows 2y and 2y + 1 are written, input rows above 2y + 2 - pad_top are not read any more.
 */
void aot_depthwise3x3_dsp(const aot_depthwise3x3_dsp_t *layer, const int8_t *input, uint32_t *columns,
                          int8_t *output);

#endif
