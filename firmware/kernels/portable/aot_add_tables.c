/* aot_add_tables.c: bit for bit reference_integer_ops::Add and reference_ops::Sub, a third of the work: what
 * belongs to one operand alone is a function of 256 values. */
#include "aot_add_tables.h"

#include "aot_requantise.h"

/* aot_rounding_divide(aot_doubling_high_multiply(sum, multiplier), right), with twice the sum: one SMMULR on
 * an Armv7E-M. What is rounded down lies within 2^30, so that nothing here leaves 32 bits. */
AOT_INLINE int8_t one(const aot_add_tables_t *l, int32_t twice) {
  const int32_t high = (int32_t)(((int64_t)twice * l->multiplier + ((int64_t)1 << 31)) >> 32);
  const int32_t scaled = (high + (high >> 31) + l->half) >> l->right;
  return (int8_t)aot_clamp(scaled + l->output_zero, l->low, l->high);
}

void aot_add_tables_s8(const aot_add_tables_t *layer, const int8_t *a, const int8_t *b, int8_t *output) {
  const aot_add_tables_t l = *layer;
  AOT_FOR_RUNS(&l.nest, at_a, at_b) {
    const int8_t *x = a + at_a, *y = b + at_b;
    uint32_t i = l.nest.size[3];
    if (l.nest.a[3] == 1 && l.nest.b[3] == 1) {
      for (; i > 0; --i) *output++ = one(&l, l.a_table[*x++] + l.b_table[*y++]);
    }
    for (; i > 0; --i, x += l.nest.a[3], y += l.nest.b[3]) *output++ = one(&l, l.a_table[*x] + l.b_table[*y]);
  }
}
