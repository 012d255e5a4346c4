/* aot_dense_avr.h: int8 fully connected layer + bias + activation for an 8-bit AVR. */
#ifndef AOT_DENSE_AVR_H
#define AOT_DENSE_AVR_H

#include <stdint.h>

#include "aot_avr.h"

typedef struct {
  const int8_t *weights; /* in flash, [outputs][inputs] */
  uint16_t inputs;
  uint8_t rows, outputs; /* the layer is applied to `rows` rows of inputs, one after the other */
  aot_avr_scale_t scale;
} aot_dense_avr_t;

/* input [rows][inputs] -> output [rows][outputs]; the two must not overlap. */
void aot_dense_avr(const aot_dense_avr_t *layer, const int8_t *input, int8_t *output);

#endif
