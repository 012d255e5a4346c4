/* aot_avr_conv.h: int8 convolution + bias + activation + 2x2 max-pool for an 8-bit AVR, without padding. */
#ifndef AOT_AVR_CONV_H
#define AOT_AVR_CONV_H

#include <stdint.h>

#include "aot_avr.h"

typedef struct {
  const int8_t *weights; /* in flash, [out_c][taps] */
  uint8_t taps;          /* weights of one channel */
  uint8_t out_h, out_w, out_c;
  uint16_t next, next_row; /* bytes of input from one output to the next */
  aot_s24_t (*most)(const int8_t *weights, const int8_t *upper); /* from aot_avr_most4.h */
  aot_avr_scale_t scale;
} aot_avr_conv_s8_t;

/* input -> output [out_h][out_w][out_c]; the two must not overlap. scratch: `taps` bytes. */
void aot_avr_conv_s8(const aot_avr_conv_s8_t *layer, const int8_t *input, int8_t *output, int8_t *scratch);

#endif
