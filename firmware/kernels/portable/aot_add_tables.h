/* aot_add_tables.h: int8 sums and differences whose operands are looked up, brought to a common scale
 * already. */
#ifndef AOT_ADD_TABLES_H
#define AOT_ADD_TABLES_H

#include <stdint.h>

#include "aot_nest.h"
#include "aot_requantise.h"

typedef struct {
  aot_nest_t nest; /* over the output, which is contiguous; a and b are the operands' strides */
  /* Twice the operand of value 0, as reference_integer_ops::Add brings it to the common scale; 128 entries
   * before it and 127 behind. The second's are negated for a difference. */
  const int32_t *a_table, *b_table;
  int32_t multiplier; /* of the sum */
  int32_t half;       /* 2^(right - 1) */
  uint8_t right;      /* 1 to 31: by how much the scaled sum is shifted down */
  int8_t output_zero;
  int8_t low, high; /* the fused activation's clamp */
} aot_add_tables_t;

/* aot_rounding_divide(aot_doubling_high_multiply(sum, multiplier), right), with twice the sum: one SMMULR on
 * an Armv7E-M. What is rounded down lies within 2^30, so that nothing here leaves 32 bits. */
AOT_INLINE int8_t aot_add_tables_one(const aot_add_tables_t *l, int32_t twice) {
  const int32_t high = (int32_t)(((int64_t)twice * l->multiplier + ((int64_t)1 << 31)) >> 32);
  const int32_t scaled = (high + (high >> 31) + l->half) >> l->right;
  return (int8_t)aot_clamp(scaled + l->output_zero, l->low, l->high);
}

/* The output may be the memory of an operand that is not broadcast. */
void aot_add_tables_s8(const aot_add_tables_t *layer, const int8_t *a, const int8_t *b, int8_t *output);

#endif
