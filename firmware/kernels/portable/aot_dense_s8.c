/* aot_dense_s8.c: int8 fully connected layer, portable C99. */
#include <stddef.h>

#include "aot_dense.h"
#include "aot_dot.h"
#include "aot_requantise.h"

void aot_dense_s8(const aot_dense_s8_t *parameters, const int8_t *input, int8_t *output) {
  aot_dense_s8_t layer;
  AOT_LOAD(layer, parameters);
  for (uint16_t row = 0; row < layer.rows; ++row, input += layer.inputs) {
    const int8_t *weight = layer.weights;
    for (uint16_t unit = 0; unit < layer.outputs; ++unit) {
      const int32_t sum = aot_dot(input, weight, layer.inputs, AOT_S32(layer.bias + unit));
      weight += layer.inputs;
      AOT_STORE_S8(output, &layer, sum, AOT_S32(layer.multiplier + unit), AOT_S8(layer.shift + unit));
    }
  }
}
