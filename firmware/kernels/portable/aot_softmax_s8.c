/* aot_softmax_s8.c: int8 softmax, bit for bit reference_ops::Softmax<int8_t, int8_t> on gemmlowp's fixed
 * point.
 *
 * The sum has 12 integer bits, so that 4096 ones fit. Its reciprocal is 1 / (1 + x) with x in [0, 1), by
 * three steps of Newton-Raphson from 48/17 - 32/17 d.
 */
#include "aot_requantise.h"
#include "aot_softmax.h"

static int32_t saturating_double_twice(int32_t x) {
  if (x > INT32_MAX / 4) return INT32_MAX;
  if (x < INT32_MIN / 4) return INT32_MIN;
  return x * 4;
}

/* 1 / (1 + a) for a in [0, 1), both in Q0.31. */
static int32_t one_over_one_plus(int32_t a) {
  const int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
  int32_t x = 1515870810 + aot_doubling_high_multiply(half, -1010580540);
  for (int step = 0; step < 3; ++step) {
    const int32_t error = ((int32_t)1 << 29) - aot_doubling_high_multiply(half, x);
    x += saturating_double_twice(aot_doubling_high_multiply(x, error));
  }
  return x > INT32_MAX / 2 ? INT32_MAX : x * 2;
}

/* aot_rounding_divide() of what is below 2^31 and not negative; shift 1 to 31. */
static inline uint32_t rounding_shift(uint32_t x, unsigned shift) {
  return (x + ((uint32_t)1 << (shift - 1))) >> shift;
}

/* How many zeros there are above the highest one. */
static unsigned leading_zeros(uint32_t x) {
#if defined(__ARM_FEATURE_CLZ)
  return (unsigned)__builtin_clz(x);
#else
  unsigned zeros = 0;
  for (; (x & UINT32_C(0x80000000)) == 0; x <<= 1) ++zeros;
  return zeros;
#endif
}

int32_t aot_softmax_scale(int32_t sum, int *exponent) {
  /* sum = 2^(12 - zeros) * (1 + a); the largest element alone contributes 1, so zeros is at most 12. */
  const unsigned zeros = leading_zeros((uint32_t)sum);
  *exponent = 12 - (int)zeros + 31 - 8;
  return one_over_one_plus((int32_t)(((uint32_t)sum << zeros) - UINT32_C(0x80000000)));
}

void aot_softmax_s8(const aot_softmax_s8_t *parameters, const int8_t *input, int8_t *output) {
  aot_softmax_s8_t layer;
  AOT_LOAD(layer, parameters);
  for (uint16_t row = 0; row < layer.rows; ++row, input += layer.depth, output += layer.depth) {
    int32_t most = INT8_MIN;
    for (uint16_t i = 0; i < layer.depth; ++i) most = input[i] > most ? input[i] : most;

    uint32_t sum = 0;
    for (uint16_t i = 0; i < layer.depth; ++i) {
      const int32_t below = most - input[i];
      if (below < layer.entries) sum += rounding_shift((uint32_t)AOT_S32(layer.exponentials + below), 12);
    }

    int exponent;
    const uint32_t scale = (uint32_t)aot_softmax_scale((int32_t)sum, &exponent);
    /* Less than 2^31 over 2^32 or more is 0, rounded. */
    const int32_t entries = exponent > 31 ? 0 : layer.entries;

    for (uint16_t i = 0; i < layer.depth; ++i) {
      const int32_t below = most - input[i];
      uint32_t value = 0;
      if (below < entries) {
        /* As aot_doubling_high_multiply() of numbers that are not negative. */
        const uint64_t product = (uint64_t)scale * (uint32_t)AOT_S32(layer.exponentials + below);
        value = rounding_shift((uint32_t)((product + (UINT32_C(1) << 30)) >> 31), (unsigned)exponent);
      }
      output[i] = (int8_t)((value < 255 ? (int32_t)value : 255) - 128);
    }
  }
}
