/* aot_scale_avr.c: TensorFlow Lite's fixed-point scaling in 8-bit steps. */
#include "aot_avr.h"

void aot_avr_load(aot_avr_channel_t *channel, const aot_avr_scale_t *scale, uint8_t index) {
  const int8_t shift = AOT_S8(scale->shift + index);
  const int32_t rounding = 64 + ((int32_t)64 << -shift);
  channel->multiplier = (uint32_t)AOT_S32(scale->multiplier + index);
  channel->bias = (aot_s24_t)AOT_S32(scale->bias + index);
  for (uint8_t negative = 0; negative < 2; ++negative) {
    channel->negative[negative].rounding = rounding;
    channel->negative[negative].left = (uint8_t)(shift > -9 ? 9 + shift : 0);
    channel->negative[negative].right = (uint8_t)(shift < -9 ? -9 - shift : 0);
  }
  channel->negative[1].rounding = (int32_t)((uint32_t)rounding - 128u - channel->multiplier);
}

#if defined(__AVR__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* x in r22-r24, as 24 bits without a sign; its product with m grows byte by byte of m:
 *   bytes 1, 2 in r21, r25 (kept only for their carries), 3 to 6 in r18, r19, r20, r21.
 * Z: channel, r26: zero, r27: a byte of m. About 110 cycles. */
__attribute__((naked, noinline, no_instrument_function)) int16_t aot_avr_multiply(
    aot_s24_t x, const aot_avr_channel_t *channel) {
  __asm__ volatile(
      "movw r30, r20\n\t"
      "clr r18\n\t"
      "clr r19\n\t"
      "clr r20\n\t"
      "clr r25\n\t"
      "clr r26\n\t"
      "ld r27, Z\n\t"
      "mul r22, r27\n\t"
      "mov r21, r1\n\t"
      "mul r23, r27\n\t"
      "add r21, r0\n\t"
      "adc r25, r1\n\t"
      "mul r24, r27\n\t"
      "add r25, r0\n\t"
      "adc r18, r1\n\t"
      "ldd r27, Z+1\n\t"
      "mul r22, r27\n\t"
      "add r21, r0\n\t"
      "adc r25, r1\n\t"
      "adc r18, r26\n\t"
      "mul r23, r27\n\t"
      "add r25, r0\n\t"
      "adc r18, r1\n\t"
      "adc r19, r26\n\t"
      "mul r24, r27\n\t"
      "add r18, r0\n\t"
      "adc r19, r1\n\t"
      "ldd r27, Z+2\n\t"
      "mul r22, r27\n\t"
      "add r25, r0\n\t"
      "adc r18, r1\n\t"
      "adc r19, r26\n\t"
      "adc r20, r26\n\t"
      "mul r23, r27\n\t"
      "add r18, r0\n\t"
      "adc r19, r1\n\t"
      "adc r20, r26\n\t"
      "mul r24, r27\n\t"
      "add r19, r0\n\t"
      "adc r20, r1\n\t"
      "clr r21\n\t"
      "ldd r27, Z+3\n\t"
      "mul r22, r27\n\t"
      "add r18, r0\n\t"
      "adc r19, r1\n\t"
      "adc r20, r26\n\t"
      "adc r21, r26\n\t"
      "mul r23, r27\n\t"
      "add r19, r0\n\t"
      "adc r20, r1\n\t"
      "adc r21, r26\n\t"
      "mul r24, r27\n\t"
      "add r20, r0\n\t"
      "adc r21, r1\n\t"
      "sbrc r24, 7\n\t"
      "adiw r30, %[negative]\n\t"
      "ldd r22, Z+4\n\t"
      "add r18, r22\n\t"
      "ldd r22, Z+5\n\t"
      "adc r19, r22\n\t"
      "ldd r22, Z+6\n\t"
      "adc r20, r22\n\t"
      "ldd r22, Z+7\n\t"
      "adc r21, r22\n\t"
      "ldd r22, Z+8\n\t"
      "tst r22\n\t"
      "breq 2f\n"
      "1: lsl r19\n\t" /* the lowest byte is never reached: 8 times at most */
      "rol r20\n\t"
      "rol r21\n\t"
      "dec r22\n\t"
      "brne 1b\n"
      "2: ldd r22, Z+9\n\t"
      "tst r22\n\t"
      "breq 4f\n"
      "3: asr r21\n\t"
      "ror r20\n\t"
      "dec r22\n\t"
      "brne 3b\n"
      "4: movw r24, r20\n\t"
      "clr r1\n\t"
      "ret\n\t" ::[negative] "n"(sizeof channel->negative[0]));
}
#pragma GCC diagnostic pop

#else

int16_t aot_avr_multiply(aot_s24_t x, const aot_avr_channel_t *channel) {
  const uint64_t product = ((uint64_t)x & 0xFFFFFFu) * channel->multiplier;
  uint32_t sum = (uint32_t)(product >> 24) + (uint32_t)channel->negative[x < 0].rounding;
  sum <<= channel->negative[0].left;
  return (int16_t)((int16_t)(sum >> 16) >> channel->negative[0].right);
}

#endif
