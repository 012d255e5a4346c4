/* aot_dequantise_u8.c: from uint8 to float32; the reference has no way back. */
#include "aot_quantise.h"

void aot_dequantise_u8(float scale, int32_t zero, size_t count, const uint8_t *input, float *output) {
  for (size_t i = 0; i < count; ++i) output[i] = scale * (float)(input[i] - zero);
}
