/* aot_row_sums.h: a mean over the whole image whose rows come one by one: sums of each channel, then the
 * mean. */
#ifndef AOT_ROW_SUMS_H
#define AOT_ROW_SUMS_H

#include "aot_memory.h"

typedef struct {
  int32_t multiplier;
  int32_t offset; /* input's zero point * number of elements summed */
  uint16_t channels;
  int8_t shift;
  int8_t output_zero;
} aot_mean_sums_s8_t;

typedef struct {
  int32_t count; /* of elements summed */
  uint16_t channels;
  int8_t low, high; /* the fused activation's clamp */
} aot_average_sums_s8_t;

/* row [width][channels] is added to sums [channels]. */
void aot_add_row_s8(uint16_t width, uint16_t channels, const int8_t *row, int32_t *sums);

/* sums [channels] -> output [channels]: as aot_reduce_s8() and aot_average_pool_s8() of all rows. */
void aot_mean_sums_s8(const aot_mean_sums_s8_t *layer, const int32_t *sums, int8_t *output);
void aot_average_sums_s8(const aot_average_sums_s8_t *layer, const int32_t *sums, int8_t *output);

#endif
