#include "aot_row_sums.h"

#include "aot_requantise.h"

void aot_add_row_s8(uint16_t width, uint16_t channels, const int8_t *row, int32_t *sums) {
  for (; width; --width) {
    for (uint16_t channel = 0; channel < channels; ++channel) sums[channel] += *row++;
  }
}

void aot_mean_sums_s8(const aot_mean_sums_s8_t *parameters, const int32_t *sums, int8_t *output) {
  aot_mean_sums_s8_t l;
  AOT_LOAD(l, parameters);
  for (uint16_t channel = 0; channel < l.channels; ++channel) {
    const int32_t scaled = aot_requantise(sums[channel] - l.offset, l.multiplier, l.shift);
    output[channel] = (int8_t)aot_clamp(scaled + l.output_zero, INT8_MIN, INT8_MAX);
  }
}

void aot_average_sums_s8(const aot_average_sums_s8_t *parameters, const int32_t *sums, int8_t *output) {
  aot_average_sums_s8_t l;
  AOT_LOAD(l, parameters);
  for (uint16_t channel = 0; channel < l.channels; ++channel) {
    /* Rounded to nearest, halves away from zero. */
    const int32_t sum = sums[channel], half = sum > 0 ? l.count / 2 : -(l.count / 2);
    output[channel] = (int8_t)aot_clamp((sum + half) / l.count, l.low, l.high);
  }
}
