/* aot_move_s8.c: int8 transpose, padding, concatenation. */
#include "aot_move.h"

void aot_transpose_s8(const aot_transpose_t *parameters, const int8_t *input, int8_t *output) {
  aot_transpose_t l;
  AOT_LOAD(l, parameters);
  uint32_t index[AOT_TRANSPOSE] = {0};
  for (;;) {
    const int8_t *x = input;
    for (uint32_t i = l.size[AOT_TRANSPOSE - 1]; i > 0; --i, x += l.stride[AOT_TRANSPOSE - 1]) *output++ = *x;
    /* The next run: an odometer over the outer dimensions. */
    int dimension = AOT_TRANSPOSE - 2;
    while (dimension >= 0 && ++index[dimension] == l.size[dimension]) {
      input -= (int32_t)(l.size[dimension] - 1) * l.stride[dimension];
      index[dimension--] = 0;
    }
    if (dimension < 0) return;
    input += l.stride[dimension];
  }
}

void aot_place_s8(const aot_nest_t *parameters, const int8_t *input, int8_t *output) {
  aot_nest_t l;
  AOT_LOAD(l, parameters);
  AOT_FOR_RUNS(&l, from, to) {
    for (int32_t i = 0; i < (int32_t)l.size[3]; ++i) output[to + i * l.b[3]] = input[from + i * l.a[3]];
  }
}

void aot_fill_s8(int8_t value, uint32_t count, int8_t *output) {
  for (; count > 0; --count) *output++ = value;
}
