/* aot_quantise.c: between float32 and int8. */
#include "aot_quantise.h"

/* Beyond int8 with any zero point. */
#define MOST 512

void aot_quantise(float scale, int32_t zero, size_t count, const float *input, int8_t *output) {
  for (size_t i = 0; i < count; ++i) {
    const int32_t value = aot_rounded(input[i] / scale, MOST) + zero;
    output[i] = (int8_t)(value < -128 ? -128 : (value > 127 ? 127 : value));
  }
}

void aot_dequantise(float scale, int32_t zero, size_t count, const int8_t *input, float *output) {
  for (size_t i = 0; i < count; ++i) output[i] = scale * (float)(input[i] - zero);
}
