/* aot_map_f32.c: element-wise float32 functions. */
#include <math.h>

#include "aot_elementwise.h"
#include "aot_float.h"

void aot_map_f32(float (*function)(float), size_t count, const float *input, float *output) {
  for (size_t i = 0; i < count; ++i) output[i] = function(input[i]);
}

float aot_logistic(float x) { return 1.0f / (1.0f + aot_exp_f32(-x)); }

/* Cephes' tanhf (Moshier): a polynomial near 0, where the exponentials would cancel. */
float aot_tanh(float x) {
  const float size = aot_abs(x);
  if (size < 0.625f) {
    const float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    return p * z * x + x;
  }
  const float t = size > 9.2f ? 1.0f : 1.0f - 2.0f / (aot_exp_f32(size + size) + 1.0f);
  return x < 0.0f ? -t : t;
}

float aot_hard_swish(float x) {
  const float gate = x + 3.0f;
  return x * (gate < 0.0f ? 0.0f : (gate > 6.0f ? 6.0f : gate)) / 6.0f;
}

float aot_sqrt(float x) { return sqrtf(x); }
float aot_rsqrt(float x) { return 1.0f / sqrtf(x); }
float aot_square(float x) { return x * x; }
float aot_abs(float x) { return x < 0.0f ? -x : x; }
float aot_neg(float x) { return -x; }
