/* aot_avr.h: what the AVR kernels are made of, each piece with its meaning in C.
 *
 * The 8-bit AVR multiplies 8x8 to 16 bits in two cycles and adds a byte at a time, so a sum is given the 24
 * bits that it needs and no more: the compiler chooses these kernels only where no partial sum can leave
 * them. Elsewhere than on an AVR (the host, where the kernels are tested under sanitizers) C stands in for
 * the assembly.
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

/* The same for one channel, loaded; the assembly knows the order of the members.
 *
 * With r = -shift the reference computes h = (x m + 2^30) >> 31, then (h - (h < 0) + 2^(r-1)) >> r. Both are
 * floors, so together they are (x m + 2^30 + 2^(30+r) - 2^31 (h < 0)) >> (31 + r). x < 0 may stand for h < 0:
 * the two differ only where h is 0, and then both give 0. The constants have no bits below 24, so those of x
 * m may be dropped first. */
typedef struct {
  uint32_t multiplier; /* m */
  struct {
    int32_t rounding;    /* the constants above, in units of 2^24; for x < 0 less m, because x is taken as
                            unsigned */
    uint8_t left, right; /* how far the sum must then be shifted to have its binary point at bit 16 */
  } negative[2];         /* [0]: for x >= 0, [1]: for x < 0 */
  aot_s24_t bias;
} aot_avr_channel_t;

/* Loads a channel. */
void aot_avr_load(aot_avr_channel_t *channel, const aot_avr_scale_t *scale, uint8_t index);

/* x m / 2^(31 + r), rounded twice as the reference does. |x| < 2^23; the compiler knows that the result fits
 * 16 bits. */
int16_t aot_avr_multiply(aot_s24_t x, const aot_avr_channel_t *channel);

/* The output for a sum. */
static inline int8_t aot_avr_output(aot_s24_t sum, const aot_avr_channel_t *channel,
                                    const aot_avr_scale_t *scale) {
  int16_t value = (int16_t)(aot_avr_multiply(sum + channel->bias, channel) + scale->output_zero);
  if (value < scale->low) value = scale->low;
  if (value > scale->high) value = scale->high;
  return scale->table ? AOT_S8(scale->table + 128 + value) : (int8_t)value;
}

#endif
