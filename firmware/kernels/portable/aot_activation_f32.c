/* aot_activation_f32.c: the ReLU family on float32. */
#include "aot_elementwise.h"
#include "aot_float.h"

void aot_activation_f32(float slope, float low, float high, size_t count, const float *input, float *output) {
  for (size_t i = 0; i < count; ++i) output[i] = aot_activate_f32(input[i], slope, low, high);
}
