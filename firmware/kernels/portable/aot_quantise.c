/* aot_quantise.c: between float32 and int8, bit for bit reference_ops::AffineQuantize and Dequantize. */
#include "aot_elementwise.h"

void aot_quantise(float scale, int32_t zero, size_t count, const float *input, int8_t *output) {
  for (size_t i = 0; i < count; ++i) {
    const float real = input[i] / scale;
    int32_t value;
    if (!(real > -512.0f)) { /* beyond int8 with any zero point; a NaN goes here too */
      value = -512;
    } else if (real >= 512.0f) {
      value = 512;
    } else {
      value = (int32_t)real;
      const float rest = real - (float)value;
      if (rest >= 0.5f) ++value;
      if (rest <= -0.5f) --value;
    }
    value += zero;
    output[i] = (int8_t)(value < -128 ? -128 : (value > 127 ? 127 : value));
  }
}

void aot_dequantise(float scale, int32_t zero, size_t count, const int8_t *input, float *output) {
  for (size_t i = 0; i < count; ++i) output[i] = scale * (float)(input[i] - zero);
}
