/* aot_matmul_s8.c: int8 matrix products, bit for bit reference_ops::BatchMatMul. */
#include "aot_matmul.h"
#include "aot_requantise.h"

static int8_t element(const aot_matmul_s8_t *l, const int8_t *a, const int8_t *b) {
  int32_t sum = 0;
  for (uint32_t k = l->shape.inner; k > 0; --k, a += l->shape.a_inner, b += l->shape.b_inner) {
    sum += (int32_t)(*a - l->a_zero) * (*b - l->b_zero); /* an int of 16 bits would not hold it */
  }
  return (int8_t)aot_clamp(aot_requantise(sum, l->multiplier, l->shift) + l->output_zero, INT8_MIN, INT8_MAX);
}

void aot_matmul_s8(const aot_matmul_s8_t *parameters, const int8_t *a, const int8_t *b, int8_t *output) {
  aot_matmul_s8_t l;
  AOT_LOAD(l, parameters);
  const aot_matmul_shape_t *s = &l.shape;
  AOT_FOR_RUNS(&s->batch, at_a, at_b) {
    const int8_t *x = a + at_a, *y = b + at_b;
    for (uint32_t i = s->batch.size[3]; i > 0; --i, x += s->batch.a[3], y += s->batch.b[3]) {
      const int8_t *row = x;
      for (uint32_t r = s->rows; r > 0; --r, row += s->a_row) {
        const int8_t *column = y;
        for (uint32_t c = s->columns; c > 0; --c, column += s->b_column) *output++ = element(&l, row, column);
      }
    }
  }
}
