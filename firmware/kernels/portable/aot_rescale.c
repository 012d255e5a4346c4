/* aot_rescale.c: five functions that differ in their types alone. */
#include "aot_rescale.h"

#include <string.h>

#include "aot_memory.h"
#include "aot_requantise.h"

#define RESCALE(name, from, to, low, high)                                                                  \
  void name(const aot_rescale_t *layer, size_t count, const from *input, to *output) {                      \
    aot_rescale_t l;                                                                                        \
    AOT_LOAD(l, layer);                                                                                     \
    for (size_t i = 0; i < count; ++i) {                                                                    \
      const int32_t value = aot_requantise(input[i] - l.input_zero, l.multiplier, l.shift) + l.output_zero; \
      output[i] = (to)aot_clamp(value, low, high);                                                          \
    }                                                                                                       \
  }

RESCALE(aot_rescale_s8_s16, int8_t, int16_t, INT16_MIN, INT16_MAX)
RESCALE(aot_rescale_s8_s32, int8_t, int32_t, INT32_MIN, INT32_MAX)
RESCALE(aot_rescale_s16_s8, int16_t, int8_t, INT8_MIN, INT8_MAX)
RESCALE(aot_rescale_s16_s16, int16_t, int16_t, INT16_MIN, INT16_MAX)
RESCALE(aot_rescale_s16_s32, int16_t, int32_t, INT32_MIN, INT32_MAX)
