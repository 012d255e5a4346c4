/* aot_add_tables.h: int8 sums and differences whose operands are looked up, brought to a common scale
 * already. */
#ifndef AOT_ADD_TABLES_H
#define AOT_ADD_TABLES_H

#include <stdint.h>

#include "aot_nest.h"

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

/* The output may be the memory of an operand that is not broadcast. */
void aot_add_tables_s8(const aot_add_tables_t *layer, const int8_t *a, const int8_t *b, int8_t *output);

#endif
