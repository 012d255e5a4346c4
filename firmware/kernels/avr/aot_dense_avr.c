/* aot_dense_avr.c: each weight is used once, so it is read straight from flash. */
#include "aot_dense_avr.h"

/* Sum of weights[i] * input[i]; `count` is at least 1. 14 cycles each. */
static aot_s24_t dot(const int8_t *weights, const int8_t *input, uint16_t count) {
#if defined(__AVR__)
  aot_s24_t sum = 0;
  uint8_t zero;
  int8_t weight, value;
  __asm__(
      "clr %[zero]\n"
      "1: lpm %[weight], Z+\n\t"
      "ld %[value], X+\n\t"
      "muls %[weight], %[value]\n\t"
      "sbc %C[sum], %[zero]\n\t" /* muls leaves the product's sign in the carry */
      "add %A[sum], r0\n\t"
      "adc %B[sum], r1\n\t"
      "adc %C[sum], %[zero]\n\t"
      "sbiw %[count], 1\n\t"
      "brne 1b\n\t"
      "clr r1\n\t"
      : [sum] "+r"(sum), [count] "+w"(count), [zero] "=&r"(zero), [weight] "=&d"(weight),
        [value] "=&d"(value), "+z"(weights), "+x"(input)
      :
      : "r0", "memory");
  return sum;
#else
  aot_s24_t sum = 0;
  while (count--) sum += *weights++ * *input++;
  return sum;
#endif
}

void aot_dense_avr(const aot_dense_avr_t *parameters, const int8_t *input, int8_t *output) {
  aot_dense_avr_t layer;
  AOT_LOAD(layer, parameters);
  for (uint8_t row = layer.rows; row; --row, input += layer.inputs) {
    const int8_t *weights = layer.weights;
    for (uint8_t unit = 0; unit < layer.outputs; ++unit, weights += layer.inputs) {
      aot_avr_channel_t scale;
      aot_avr_load(&scale, &layer.scale, unit);
      *output++ = aot_avr_output(dot(weights, input, layer.inputs), &scale, &layer.scale);
    }
  }
}
