/* aot_move_element.h: defines what aot_move.h declares, for elements of one type.
 *
 * To be included once, after #defining AOT_ELEMENT, the type, and AOT_NAMED(name), a function's name.
 */
#include "aot_move.h"

void AOT_NAMED(aot_transpose)(const aot_transpose_t *parameters, const AOT_ELEMENT *input,
                              AOT_ELEMENT *output) {
  aot_transpose_t l;
  AOT_LOAD(l, parameters);
  uint32_t index[AOT_TRANSPOSE] = {0};
  for (;;) {
    const AOT_ELEMENT *x = input;
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

void AOT_NAMED(aot_place)(const aot_nest_t *parameters, const AOT_ELEMENT *input, AOT_ELEMENT *output) {
  aot_nest_t l;
  AOT_LOAD(l, parameters);
  AOT_FOR_RUNS(&l, from, to) {
    for (int32_t i = 0; i < (int32_t)l.size[3]; ++i) output[to + i * l.b[3]] = input[from + i * l.a[3]];
  }
}

void AOT_NAMED(aot_fill)(AOT_ELEMENT value, uint32_t count, AOT_ELEMENT *output) {
  for (; count > 0; --count) *output++ = value;
}
