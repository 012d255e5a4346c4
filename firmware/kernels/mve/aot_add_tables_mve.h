/* aot_add_tables_mve.h: aot_add_tables.h, four sums at a time. */
#ifndef AOT_ADD_TABLES_MVE_H
#define AOT_ADD_TABLES_MVE_H

#include "aot_add_tables.h"

/* As aot_add_tables_s8. */
void aot_add_tables_mve(const aot_add_tables_t *layer, const int8_t *a, const int8_t *b, int8_t *output);

#endif
