/* aot_matmul_f32.c: float32 matrix products. */
#include "aot_matmul.h"

void aot_matmul_f32(const aot_matmul_shape_t *parameters, const float *a, const float *b, float *output) {
  aot_matmul_shape_t s;
  AOT_LOAD(s, parameters);
  AOT_FOR_RUNS(&s.batch, at_a, at_b) {
    const float *x = a + at_a, *y = b + at_b;
    for (uint32_t i = s.batch.size[3]; i > 0; --i, x += s.batch.a[3], y += s.batch.b[3]) {
      const float *row = x;
      for (uint32_t r = s.rows; r > 0; --r, row += s.a_row) {
        const float *column = y;
        for (uint32_t c = s.columns; c > 0; --c, column += s.b_column) {
          float sum = 0.0f;
          for (uint32_t k = 0; k < s.inner; ++k)
            sum += row[(int32_t)k * s.a_inner] * column[(int32_t)k * s.b_inner];
          *output++ = sum;
        }
      }
    }
  }
}
