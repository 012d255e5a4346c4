/* aot_conv_avr.c: one channel at a time over the whole image, its weights copied to RAM first: an AVR reads
 * RAM faster than flash, and the channel's scale is loaded once. */
#include "aot_conv_avr.h"

/* sum + weights[i] * input[i * step] over a run; `run` is at least 1. 16 cycles each. */
static aot_s24_t dot(const int8_t *weights, const int8_t *input, uint8_t run, uint16_t step, aot_s24_t sum) {
#if defined(__AVR__)
  uint8_t zero;
  int8_t weight, value;
  __asm__(
      "clr %[zero]\n"
      "1: ld %[weight], X+\n\t"
      "ld %[value], Z\n\t"
      "add r30, %A[step]\n\t"
      "adc r31, %B[step]\n\t"
      "muls %[weight], %[value]\n\t"
      "sbc %C[sum], %[zero]\n\t" /* muls leaves the product's sign in the carry */
      "add %A[sum], r0\n\t"
      "adc %B[sum], r1\n\t"
      "adc %C[sum], %[zero]\n\t"
      "dec %[run]\n\t"
      "brne 1b\n\t"
      "clr r1\n\t"
      : [sum] "+r"(sum), [run] "+r"(run), [zero] "=&r"(zero), [weight] "=&d"(weight), [value] "=&d"(value),
        "+x"(weights), "+z"(input)
      : [step] "r"(step)
      : "r0", "memory");
  return sum;
#else
  for (; run; --run, ++weights, input += step) sum += *weights * *input;
  return sum;
#endif
}

void aot_conv_avr(const aot_conv_avr_t *parameters, const int8_t *input, int8_t *output, int8_t *scratch) {
  aot_conv_avr_t layer;
  AOT_LOAD(layer, parameters);
  for (uint8_t channel = 0; channel < layer.out_c; ++channel, input += layer.first) {
    aot_avr_channel_t scale;
    aot_avr_load(&scale, &layer.scale, channel);
    AOT_COPY(scratch, layer.weights, layer.taps);
    layer.weights += layer.taps;
    int8_t *to = output + channel;
    const int8_t *upper = input;
    for (uint8_t y = layer.out_h; y; --y, upper += layer.next_row) {
      const int8_t *place = upper;
      for (uint8_t x = layer.out_w; x; --x, place += layer.next, to += layer.out_c) {
        const int8_t *weights = scratch, *from = place;
        aot_s24_t sum = 0;
        for (uint8_t row = layer.rows; row; --row, weights += layer.run, from += layer.row) {
          sum = dot(weights, from, layer.run, layer.step, sum);
        }
        *to = aot_avr_output(sum, &scale, &layer.scale);
      }
    }
  }
}
