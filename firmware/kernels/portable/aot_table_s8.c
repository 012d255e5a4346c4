/* aot_table_s8.c: any element-wise int8 function, as a table. */
#include "aot_elementwise.h"

void aot_table_s8(const int8_t *table, size_t count, const int8_t *input, int8_t *output) {
  for (size_t i = 0; i < count; ++i) output[i] = AOT_S8(table + 128 + input[i]);
}
