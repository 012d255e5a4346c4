/* aot_add_row_mve.h: as aot_add_row_s8() of aot_row_sums.h, sixteen channels at a time. */
#ifndef AOT_ADD_ROW_MVE_H
#define AOT_ADD_ROW_MVE_H

#include <stdint.h>

/* row [width][channels] is added to sums [channels rounded up to 16]. Reads up to 15 bytes past the row. */
void aot_add_row_mve(uint32_t width, uint32_t channels, const int8_t *row, int32_t *sums);

/* The sums themselves. */
void aot_sum_rows_mve(uint32_t width, uint32_t channels, const int8_t *row, int32_t *sums);

#endif
