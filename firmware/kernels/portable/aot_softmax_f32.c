/* aot_softmax_f32.c: float32 softmax. */
#include "aot_float.h"
#include "aot_softmax.h"

void aot_softmax_f32(uint16_t rows, uint16_t depth, float beta, const float *input, float *output) {
  for (uint16_t row = 0; row < rows; ++row, input += depth, output += depth) {
    float most = -AOT_F32_MAX;
    for (uint16_t i = 0; i < depth; ++i) most = input[i] > most ? input[i] : most;
    float sum = 0.0f;
    for (uint16_t i = 0; i < depth; ++i) {
      output[i] = aot_exp_f32((input[i] - most) * beta);
      sum += output[i];
    }
    for (uint16_t i = 0; i < depth; ++i) output[i] /= sum;
  }
}
