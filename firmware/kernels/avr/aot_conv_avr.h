/* aot_conv_avr.h: int8 convolution, depthwise or over all channels, + bias + activation for an 8-bit AVR,
 * without padding and without a pool. */
#ifndef AOT_CONV_AVR_H
#define AOT_CONV_AVR_H

#include <stdint.h>

#include "aot_avr.h"

typedef struct {
  const int8_t *weights; /* in flash, [out_c][taps] */
  uint8_t taps;          /* weights of one channel: `rows` times `run` */
  uint8_t rows, run;     /* rows of the window, and elements that are read of each */
  uint8_t first;         /* bytes from one channel's first input to the next one's: 1 if depthwise, else 0 */
  uint8_t out_h, out_w, out_c;
  uint16_t step;           /* bytes from one element of a run to the next */
  uint16_t row;            /* bytes from one run to the one below */
  uint16_t next, next_row; /* bytes of input from one output to the next, to the one below */
  aot_avr_scale_t scale;
} aot_conv_avr_t;

/* input -> output [out_h][out_w][out_c]; the two must not overlap. scratch: `taps` bytes. */
void aot_conv_avr(const aot_conv_avr_t *layer, const int8_t *input, int8_t *output, int8_t *scratch);

#endif
