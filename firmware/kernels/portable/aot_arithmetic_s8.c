/* aot_arithmetic_s8.c: int8 sums, differences and products, bit for bit reference_integer_ops::Add, Mul and
 * reference_ops::Sub. */
#include <stdbool.h>

#include "aot_arithmetic.h"
#include "aot_requantise.h"

#define LEFT_SHIFT 20

static int32_t scale(int32_t x, int32_t multiplier, int shift) {
  return aot_rounding_divide(aot_doubling_high_multiply(x, multiplier), -shift);
}

static int8_t add(const aot_arithmetic_s8_t *l, int32_t a, int32_t b) {
  const bool negate = l->b_multiplier < 0;
  const int32_t first = scale((a - l->a_zero) * ((int32_t)1 << LEFT_SHIFT), l->a_multiplier, l->a_shift);
  const int32_t second = scale((b - l->b_zero) * ((int32_t)1 << LEFT_SHIFT),
                               negate ? -l->b_multiplier : l->b_multiplier, l->b_shift);
  const int32_t sum = scale(negate ? first - second : first + second, l->output_multiplier, l->output_shift);
  return (int8_t)aot_clamp(sum + l->output_zero, l->low, l->high);
}

static int8_t multiply(const aot_arithmetic_s8_t *l, int32_t a, int32_t b) {
  const int32_t product = (a - l->a_zero) * (b - l->b_zero);
  const int32_t scaled = aot_requantise(product, l->output_multiplier, l->output_shift);
  return (int8_t)aot_clamp(scaled + l->output_zero, l->low, l->high);
}

void aot_add_s8(const aot_arithmetic_s8_t *parameters, const int8_t *a, const int8_t *b, int8_t *output) {
  aot_arithmetic_s8_t l;
  AOT_LOAD(l, parameters);
  AOT_FOR_RUNS(&l.nest, at_a, at_b) {
    const int8_t *x = a + at_a, *y = b + at_b;
    for (uint32_t i = l.nest.size[3]; i > 0; --i, x += l.nest.a[3], y += l.nest.b[3])
      *output++ = add(&l, *x, *y);
  }
}

void aot_mul_s8(const aot_arithmetic_s8_t *parameters, const int8_t *a, const int8_t *b, int8_t *output) {
  aot_arithmetic_s8_t l;
  AOT_LOAD(l, parameters);
  AOT_FOR_RUNS(&l.nest, at_a, at_b) {
    const int8_t *x = a + at_a, *y = b + at_b;
    for (uint32_t i = l.nest.size[3]; i > 0; --i, x += l.nest.a[3], y += l.nest.b[3])
      *output++ = multiply(&l, *x, *y);
  }
}
