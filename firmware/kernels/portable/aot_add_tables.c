/* aot_add_tables.c: bit for bit reference_integer_ops::Add and reference_ops::Sub, a third of the work: what
 * belongs to one operand alone is a function of 256 values. */
#include "aot_add_tables.h"

void aot_add_tables_s8(const aot_add_tables_t *layer, const int8_t *a, const int8_t *b, int8_t *output) {
  const aot_add_tables_t l = *layer;
  AOT_FOR_RUNS(&l.nest, at_a, at_b) {
    const int8_t *x = a + at_a, *y = b + at_b;
    uint32_t i = l.nest.size[3];
    if (l.nest.a[3] == 1 && l.nest.b[3] == 1) {
      for (; i > 0; --i) *output++ = aot_add_tables_one(&l, l.a_table[*x++] + l.b_table[*y++]);
    }
    for (; i > 0; --i, x += l.nest.a[3], y += l.nest.b[3])
      *output++ = aot_add_tables_one(&l, l.a_table[*x] + l.b_table[*y]);
  }
}
