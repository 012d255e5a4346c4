/* aot_dense_f32.c: float32 fully connected layer, portable C99. */
#include "aot_dense.h"
#include "aot_float.h"

void aot_dense_f32(const aot_dense_f32_t *parameters, const float *input, float *output) {
  aot_dense_f32_t layer;
  AOT_LOAD(layer, parameters);
  for (uint16_t row = 0; row < layer.rows; ++row, input += layer.inputs) {
    const float *weight = layer.weights;
    for (uint16_t unit = 0; unit < layer.outputs; ++unit) {
      float sum = 0.0f;
      for (uint16_t i = 0; i < layer.inputs; ++i) sum += input[i] * AOT_F32(weight++);
      *output++ = aot_activate_f32(sum + AOT_F32(layer.bias + unit), layer.slope, layer.low, layer.high);
    }
  }
}
