/* reference_fixed.h: fixed-point numbers, after gemmlowp's fixedpoint.h and TensorFlow Lite's common.h in
 * their double-rounding form. Qm.n has m integer and n fractional bits beside the sign.
 */
#ifndef REFERENCE_FIXED_H
#define REFERENCE_FIXED_H

#include <stdint.h>

#include "reference.h"

/* SaturatingRoundingDoublingHighMul: a * b / 2^31, rounded to the nearest, halves up. */
static inline int32_t reference_high_multiply(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  const int64_t product = (int64_t)a * b;
  const int64_t nudge = product >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30);
  return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

/* RoundingDivideByPOT: x / 2^exponent, halves away from zero. GCC shifts negative numbers arithmetically. */
static inline int32_t reference_rounding_divide(int32_t x, int32_t exponent) {
  const int32_t mask = (int32_t)(((int64_t)1 << exponent) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/* MultiplyByQuantizedMultiplier. The compiler has proven that the shifted accumulator stays in 32 bits. */
static inline int32_t reference_rescale(int32_t x, reference_scale_t scale) {
  const int32_t left = scale.shift > 0 ? scale.shift : 0;
  const int32_t right = scale.shift > 0 ? 0 : -scale.shift;
  return reference_rounding_divide(reference_high_multiply(x * ((int32_t)1 << left), scale.multiplier),
                                   right);
}

static inline int32_t reference_clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
}

#endif
