/* aot_rescale.h: from one quantisation to another of another integer type, bit for bit
 * reference_ops::Requantize. */
#ifndef AOT_RESCALE_H
#define AOT_RESCALE_H

#include <stddef.h>
#include <stdint.h>

/* output = requantised(input - input_zero) + output_zero, saturated to the output's type. The compiler has
 * made sure that no step leaves 32 bits. */
typedef struct {
  int32_t multiplier;
  int32_t input_zero, output_zero;
  int8_t shift; /* as aot_requantise() has it */
} aot_rescale_t;

void aot_rescale_s8_s16(const aot_rescale_t *layer, size_t count, const int8_t *input, int16_t *output);
void aot_rescale_s8_s32(const aot_rescale_t *layer, size_t count, const int8_t *input, int32_t *output);
void aot_rescale_s16_s8(const aot_rescale_t *layer, size_t count, const int16_t *input, int8_t *output);
void aot_rescale_s16_s16(const aot_rescale_t *layer, size_t count, const int16_t *input, int16_t *output);
void aot_rescale_s16_s32(const aot_rescale_t *layer, size_t count, const int16_t *input, int32_t *output);

#endif
