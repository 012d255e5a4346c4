/* aot_reduce_f32.c: float32 mean and sum, in the order of the elements in memory. */
#include "aot_reduce.h"

static float sum(const aot_nest_t *nest, const float *input) {
  float total = 0.0f;
  AOT_FOR_RUNS(nest, at, unused) {
    (void)unused;
    const float *x = input + at;
    for (uint32_t i = nest->size[3]; i > 0; --i, x += nest->a[3]) total += *x;
  }
  return total;
}

void aot_reduce_f32(const aot_reduce_f32_t *parameters, const float *input, float *output) {
  aot_reduce_f32_t l;
  AOT_LOAD(l, parameters);
  AOT_FOR_RUNS(&l.kept, at, unused) {
    (void)unused;
    const float *x = input + at;
    for (uint32_t i = l.kept.size[3]; i > 0; --i, x += l.kept.a[3])
      *output++ = sum(&l.reduced, x) / l.divisor;
  }
}
