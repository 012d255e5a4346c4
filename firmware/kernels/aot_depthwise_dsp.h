/* aot_depthwise_dsp.h: int8 depthwise convolution, one output channel for each input channel, on DSP
 * instructions. */
#ifndef AOT_DEPTHWISE_DSP_H
#define AOT_DEPTHWISE_DSP_H

#include "aot_conv.h"
#include "aot_conv_dsp.h"

typedef struct {
  uint16_t in_h, in_w, out_h, out_w;
  uint16_t channels; /* a multiple of 4 */
  aot_window_t kernel;
  int8_t input_zero;
  const int8_t *weights;              /* [kernel.h][kernel.w][channels], four-byte aligned or not */
  const aot_channel_dsp_t *constants; /* [channels], scaled for twice the sums */
  const uint8_t *shift;               /* [channels], right shift after the multiplication */
  const int8_t *table;                /* [256], at value + 128; NULL if nothing follows the requantisation */
} aot_depthwise_dsp_t;

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]; the two must not overlap. */
void aot_depthwise_dsp(const aot_depthwise_dsp_t *layer, const int8_t *input, int8_t *output);

#endif
