/* aot_quantise_s16.c: between float32 and int16. */
#include "aot_quantise.h"

/* Beyond int16 with any zero point. */
#define MOST 131072

void aot_quantise_s16(float scale, int32_t zero, size_t count, const float *input, int16_t *output) {
  for (size_t i = 0; i < count; ++i) {
    const int32_t value = aot_rounded(input[i] / scale, MOST) + zero;
    output[i] = (int16_t)(value < -32768 ? -32768 : (value > 32767 ? 32767 : value));
  }
}

void aot_dequantise_s16(float scale, int32_t zero, size_t count, const int16_t *input, float *output) {
  for (size_t i = 0; i < count; ++i) output[i] = scale * (float)(input[i] - zero);
}
