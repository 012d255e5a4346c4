/* aot_depthwise_dsp.h: int8 depthwise convolution, one output channel for each input channel, on DSP
 * instructions; see aot_taps.h. */
#ifndef AOT_DEPTHWISE_DSP_H
#define AOT_DEPTHWISE_DSP_H

#include "aot_conv_dsp.h"
#include "aot_taps.h"

typedef struct {
  aot_taps_t taps;           /* channels: 4 or more */
  const uint32_t *constants; /* by groups of four channels, of which the last ends with the last channel and
                                may compute some again, in the order in which they are read: 4 biases;
                                [taps][2] weights, int16 pairs of channels 0 and 2, and of 1 and 3;
                                [4][2] multipliers and offsets; 4 right shifts, each at least 1, in a word.
                                All are scaled as in aot_conv_dsp.h. */
  const int8_t *table;       /* [256], at value + 128; NULL if nothing follows the requantisation */
} aot_depthwise_dsp_t;

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]; the two must not overlap. */
void aot_depthwise_dsp(const aot_depthwise_dsp_t *layer, const int8_t *input, int8_t *output);

#endif
