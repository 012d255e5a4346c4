/* aot_conv_pool2_avr.c: one channel at a time over the whole image, its weights copied to RAM first: an AVR
 * reads RAM faster than flash, and the channel's scale is loaded once. */
#include "aot_conv_pool2_avr.h"

void aot_conv_pool2_avr(const aot_conv_pool2_avr_t *parameters, const int8_t *input, int8_t *output,
                        int8_t *scratch) {
  aot_conv_pool2_avr_t layer;
  AOT_LOAD(layer, parameters);
  for (uint8_t channel = 0; channel < layer.out_c; ++channel) {
    aot_avr_channel_t scale;
    aot_avr_load(&scale, &layer.scale, channel);
    AOT_COPY(scratch, layer.weights, layer.taps);
    layer.weights += layer.taps;
    int8_t *to = output + channel;
    const int8_t *row = input;
    for (uint8_t y = layer.out_h; y; --y, row += layer.next_row) {
      const int8_t *place = row;
      for (uint8_t x = layer.out_w; x; --x, place += layer.next, to += layer.out_c) {
        *to = aot_avr_output(layer.most(scratch, place), &scale, &layer.scale);
      }
    }
  }
}
