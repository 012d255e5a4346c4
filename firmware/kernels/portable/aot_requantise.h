/* aot_requantise.h: TensorFlow Lite's fixed-point scaling, bit for bit.
 *
 * Equal to MultiplyByQuantizedMultiplier in its double-rounding form
 * (tensorflow/lite/kernels/internal/common.cc and gemmlowp/fixedpoint/fixedpoint.h), which the reference
 * kernels use. docs/compiler.md proves the shorter forms below.
 */
#ifndef AOT_REQUANTISE_H
#define AOT_REQUANTISE_H

#include <stddef.h>
#include <stdint.h>

#include "aot_memory.h"

/* a * b / 2^31, halves rounded up. b must not be INT32_MIN: multipliers never are. */
static inline int32_t aot_doubling_high_multiply(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* x / 2^exponent, halves rounded away from zero; exponent 0 to 31. */
static inline int32_t aot_rounding_divide(int32_t x, int exponent) {
  if (exponent == 0) return x;
  return (int32_t)(((int64_t)x + (x >> 31) + ((int64_t)1 << (exponent - 1))) >> exponent);
}

/* x * multiplier * 2^(shift - 31), rounded twice as the reference does. shift is -31 to 30; the compiler has
 * made sure that x * 2^shift fits int32 wherever shift is positive. */
static inline int32_t aot_requantise(int32_t x, int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  return aot_rounding_divide(aot_doubling_high_multiply(x * ((int32_t)1 << left), multiplier), right);
}

static inline int32_t aot_clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : (x > high ? high : x);
}

/* Stores what follows the sum of an int8 layer, and steps on: scaled by the channel's multiplier and shift,
 * clamped, looked up. `l` is a parameter struct with output_zero, low, high and table. */
#define AOT_STORE_S8(output, l, sum, multiplier, shift)                                    \
  do {                                                                                     \
    int32_t value_ = (l)->output_zero + aot_requantise(sum, multiplier, shift);            \
    value_ = aot_clamp(value_, (l)->low, (l)->high);                                       \
    *(output)++ = (l)->table != NULL ? AOT_S8((l)->table + 128 + value_) : (int8_t)value_; \
  } while (0)

#endif
