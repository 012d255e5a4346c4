/* aot_arithmetic_f32.c: float32 arithmetic on two tensors. */
#include "aot_arithmetic.h"
#include "aot_float.h"

#define AOT_DEFINE_ARITHMETIC(name, operation)                                                       \
  void name(const aot_arithmetic_f32_t *parameters, const float *a, const float *b, float *output) { \
    aot_arithmetic_f32_t l;                                                                          \
    AOT_LOAD(l, parameters);                                                                         \
    AOT_FOR_RUNS(&l.nest, at_a, at_b) {                                                              \
      const float *x = a + at_a, *y = b + at_b;                                                      \
      for (uint32_t i = l.nest.size[3]; i > 0; --i, x += l.nest.a[3], y += l.nest.b[3]) {            \
        *output++ = aot_activate_f32(*x operation * y, 1.0f, l.low, l.high);                         \
      }                                                                                              \
    }                                                                                                \
  }

/* clang-format off */
AOT_DEFINE_ARITHMETIC(aot_add_f32, +)
AOT_DEFINE_ARITHMETIC(aot_sub_f32, -)
AOT_DEFINE_ARITHMETIC(aot_mul_f32, *)
AOT_DEFINE_ARITHMETIC(aot_div_f32, /)
