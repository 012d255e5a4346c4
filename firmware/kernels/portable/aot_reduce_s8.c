/* aot_reduce_s8.c: int8 mean and sum, bit for bit reference_ops::QuantizedMeanOrSum. */
#include "aot_reduce.h"
#include "aot_requantise.h"

static int32_t sum(const aot_nest_t *nest, const int8_t *input) {
  int32_t total = 0;
  AOT_FOR_RUNS(nest, at, unused) {
    (void)unused;
    const int8_t *x = input + at;
    for (uint32_t i = nest->size[3]; i > 0; --i, x += nest->a[3]) total += *x;
  }
  return total;
}

void aot_reduce_s8(const aot_reduce_s8_t *parameters, const int8_t *input, int8_t *output) {
  aot_reduce_s8_t l;
  AOT_LOAD(l, parameters);
  AOT_FOR_RUNS(&l.kept, at, unused) {
    (void)unused;
    const int8_t *x = input + at;
    for (uint32_t i = l.kept.size[3]; i > 0; --i, x += l.kept.a[3]) {
      const int32_t scaled = aot_requantise(sum(&l.reduced, x) - l.offset, l.multiplier, l.shift);
      *output++ = (int8_t)aot_clamp(scaled + l.output_zero, INT8_MIN, INT8_MAX);
    }
  }
}
