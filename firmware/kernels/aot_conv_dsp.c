/* aot_conv_dsp.c: the convolution of aot_conv_dsp.h for a layer that is known only at run time. */
#include "aot_conv_dsp.h"

void aot_conv_dsp(const aot_conv_dsp_t *layer, const int8_t *input, int16_t *rows, int8_t *output) {
  aot_conv_dsp_inline(layer, input, rows, output);
}
