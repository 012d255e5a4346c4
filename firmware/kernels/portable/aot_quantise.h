/* aot_quantise.h: between float32 and integers, bit for bit reference_ops::AffineQuantize and Dequantize. */
#ifndef AOT_QUANTISE_H
#define AOT_QUANTISE_H

#include <stddef.h>
#include <stdint.h>

/* round(input / scale) + zero, halves away from zero, saturated to the output's type; and back. */
void aot_quantise(float scale, int32_t zero, size_t count, const float *input, int8_t *output);
void aot_dequantise(float scale, int32_t zero, size_t count, const int8_t *input, float *output);
void aot_dequantise_u8(float scale, int32_t zero, size_t count, const uint8_t *input, float *output);
void aot_quantise_s16(float scale, int32_t zero, size_t count, const float *input, int16_t *output);
void aot_dequantise_s16(float scale, int32_t zero, size_t count, const int16_t *input, float *output);

/* Rounds, halves away from zero; what is `most` or more, on either side, becomes that. A NaN becomes -most.
 */
static inline int32_t aot_rounded(float real, int32_t most) {
  if (!(real > -(float)most)) return -most;
  if (real >= (float)most) return most;
  const int32_t value = (int32_t)real;
  const float rest = real - (float)value;
  return value + (rest >= 0.5f) - (rest <= -0.5f);
}

#endif
