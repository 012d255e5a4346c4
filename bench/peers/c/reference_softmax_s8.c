/* reference_softmax_s8.c: int8 softmax, byte for byte reference_ops::Softmax<int8_t, int8_t> on gemmlowp's
 * fixed point: every exponential is computed, once for the sum and once for the quotient.
 */
#include "reference.h"
#include "reference_fixed.h"

static int32_t saturating_shift_left(int32_t x, int32_t exponent) {
  const int64_t shifted = (int64_t)x * ((int64_t)1 << exponent);
  return shifted > INT32_MAX ? INT32_MAX : shifted < INT32_MIN ? INT32_MIN : (int32_t)shifted;
}

/* gemmlowp::exp_on_interval_between_negative_one_quarter_and_0_excl, Q0.31: the Taylor series to the fourth
 * power about -1/8. 1895147668 is e^(-1/8), 715827883 a third. */
static int32_t exponential_near_zero(int32_t a) {
  const int32_t x = a + ((int32_t)1 << 28);
  const int32_t x2 = reference_high_multiply(x, x);
  const int32_t x3 = reference_high_multiply(x2, x);
  const int32_t x4 = reference_high_multiply(x2, x2);
  const int32_t high = reference_high_multiply(reference_rounding_divide(x4, 2) + x3, 715827883) + x2;
  return 1895147668 + reference_high_multiply(1895147668, x + reference_rounding_divide(high, 1));
}

/* gemmlowp::exp_on_negative_values, Q5.26 to Q0.31: the part below a quarter by the series, and a factor of
 * e^(-2^k) for each bit above it. */
static int32_t exponential(int32_t a) {
  static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  const int32_t one_quarter = (int32_t)1 << 24;
  const int32_t below = (a & (one_quarter - 1)) - one_quarter;
  const int32_t remainder = below - a;
  if (a == 0) return INT32_MAX;
  int32_t result = exponential_near_zero(saturating_shift_left(below, 5));
  for (int32_t k = 0; k < 7; ++k) {
    if (remainder & (one_quarter << k)) result = reference_high_multiply(result, factors[k]);
  }
  return result;
}

/* gemmlowp::one_over_one_plus_x_for_x_in_0_1, Q0.31 to Q0.31: Newton-Raphson on Q2.29 from 48/17 - 32/17 d.
 */
static int32_t one_over_one_plus(int32_t a) {
  const int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
  int32_t x = 1515870810 + reference_high_multiply(half, -1010580540);
  for (int step = 0; step < 3; ++step) {
    const int32_t error = ((int32_t)1 << 29) - reference_high_multiply(half, x);
    x += saturating_shift_left(reference_high_multiply(x, error), 2);
  }
  return saturating_shift_left(x, 1);
}

void reference_softmax_s8(const reference_softmax_s8_t *layer, const int8_t *input, int8_t *output) {
  int32_t most = INT8_MIN;
  for (int32_t i = 0; i < layer->depth; ++i) most = input[i] > most ? input[i] : most;

  int32_t sum = 0; /* Q12.19 */
  for (int32_t i = 0; i < layer->depth; ++i) {
    const int32_t below = input[i] - most;
    if (below < layer->smallest) continue;
    sum += reference_rounding_divide(exponential(reference_rescale(below, layer->scale)), 12);
  }

  int32_t zeros = 0;
  while (((uint32_t)sum << zeros & UINT32_C(0x80000000)) == 0) ++zeros;
  const int32_t scale = one_over_one_plus((int32_t)(((uint32_t)sum << zeros) - UINT32_C(0x80000000)));

  for (int32_t i = 0; i < layer->depth; ++i) {
    const int32_t below = input[i] - most;
    int32_t value = 0;
    if (below >= layer->smallest) {
      const int32_t power = exponential(reference_rescale(below, layer->scale));
      value = reference_rounding_divide(reference_high_multiply(scale, power), 12 - zeros + 31 - 8);
    }
    output[i] = (int8_t)reference_clamp(value - 128, INT8_MIN, INT8_MAX);
  }
}
