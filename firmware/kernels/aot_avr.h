/* aot_avr.h: what the AVR kernels are made of, each piece with its meaning in C.
 *
 * The 8-bit AVR multiplies 8x8 to 16 bits in two cycles and adds a byte at a time, so a sum is given the 24 bits that
 * it needs and no more: the compiler chooses these kernels only where no partial sum can leave them. Elsewhere than on
 * an AVR (the host, where the kernels are tested under sanitizers) C stands in for the assembly.
 */
#ifndef AOT_AVR_H
#define AOT_AVR_H

#include <stdint.h>
#include <string.h>

#include "aot_memory.h"

#if defined(__AVR__)
typedef __int24 aot_s24_t;
#define AOT_COPY(to, from, size) memcpy_P((to), (from), (size))
#else
typedef int32_t aot_s24_t;
#define AOT_COPY(to, from, size) memcpy((to), (from), (size))
#endif

/* How a sum becomes an output: the same for all outputs of a layer. All arrays are in flash. */
typedef struct {
  const int32_t *bias;       /* the input's zero point folded in */
  const int32_t *multiplier; /* less than 2^31 */
  const int8_t *shift;       /* -23 to -1 */
  const int8_t *table;       /* [256]: what follows the requantisation, at value + 128; NULL: nothing does */
  int8_t output_zero, low, high;
} aot_avr_scale_t;

/* The same for one channel, loaded. */
typedef struct {
  aot_s24_t bias;
  uint16_t multiplier_low, multiplier_high;
  int32_t half;        /* what the two roundings add, in units of 2^24 */
  uint8_t left, right; /* how far what is left must be shifted to have its binary point at bit 16 */
} aot_avr_channel_t;

static inline aot_avr_channel_t aot_avr_channel(const aot_avr_scale_t *scale, uint8_t channel) {
  const uint32_t multiplier = (uint32_t)AOT_S32(scale->multiplier + channel);
  const int8_t shift = AOT_S8(scale->shift + channel);
  aot_avr_channel_t c;
  c.bias = (aot_s24_t)AOT_S32(scale->bias + channel);
  c.multiplier_low = (uint16_t)multiplier;
  c.multiplier_high = (uint16_t)(multiplier >> 16);
  c.half = 64 + ((int32_t)64 << -shift);
  c.left = (uint8_t)(shift > -9 ? 9 + shift : 0);
  c.right = (uint8_t)(shift < -9 ? -9 - shift : 0);
  return c;
}

/* The output for a sum: TensorFlow Lite's double rounding in one step, exactly.
 *
 * With r = -shift the reference computes h = (x m + 2^30) >> 31, then (h - (h < 0) + 2^(r-1)) >> r. Both are floors, so
 * together they are (x m + 2^30 + 2^(30+r) - 2^31 (h < 0)) >> (31 + r). x < 0 may stand for h < 0: the two differ only
 * where h is 0, and then both give 0. The constants have no bits below 24, so those of x m may be dropped first.
 * |x| < 2^23 keeps each step in 32 bits; the compiler sees to it that the result fits 16. */
static inline int8_t aot_avr_output(aot_s24_t sum, const aot_avr_channel_t *c, const aot_avr_scale_t *scale) {
  const aot_s24_t x = sum + c->bias;
  const uint16_t x_low = (uint16_t)x;
  const int8_t x_high = (int8_t)(x >> 16);
  const uint16_t carry = (uint16_t)((uint32_t)x_low * c->multiplier_low >> 16);
  const int32_t middle = (int32_t)((uint32_t)x_low * c->multiplier_high + carry) + (int32_t)x_high * c->multiplier_low;
  int32_t product = (middle >> 8) + (int32_t)x_high * c->multiplier_high * 256; /* x m >> 24 */
  product += c->half;
  if (x_high < 0) product -= 128;
  for (uint8_t left = c->left; left; --left) product *= 2;
  int16_t value = (int16_t)(product >> 16);
  for (uint8_t right = c->right; right; --right) value = (int16_t)(value >> 1);
  value = (int16_t)(value + scale->output_zero);
  if (value < scale->low) value = scale->low;
  if (value > scale->high) value = scale->high;
  return scale->table ? AOT_S8(scale->table + 128 + value) : (int8_t)value;
}

#endif
