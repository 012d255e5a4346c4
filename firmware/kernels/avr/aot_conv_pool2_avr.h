/* aot_conv_pool2_avr.h: int8 convolution + bias + activation + 2x2 max-pool for an 8-bit AVR, without
 * padding. */
#ifndef AOT_CONV_POOL2_AVR_H
#define AOT_CONV_POOL2_AVR_H

#include <stdint.h>

#include "aot_avr.h"

typedef struct {
  const int8_t *weights; /* in flash, [out_c][taps] */
  uint8_t taps;          /* weights of one channel */
  uint8_t out_h, out_w, out_c;
  uint16_t next, next_row; /* bytes of input from one output to the next */
  aot_s24_t (*most)(const int8_t *weights, const int8_t *upper); /* from aot_most4_avr.h */
  aot_avr_scale_t scale;
} aot_conv_pool2_avr_t;

/* input -> output [out_h][out_w][out_c]; the two must not overlap. scratch: `taps` bytes. */
void aot_conv_pool2_avr(const aot_conv_pool2_avr_t *layer, const int8_t *input, int8_t *output,
                        int8_t *scratch);

#endif
