/* aot_exp_f32.c: e^x in single precision.
 *
 * x = n ln 2 + r with |r| <= ln 2 / 2; e^r by the polynomial of Cephes' expf (Moshier), then n is added to
 * the exponent. ln 2 is subtracted in two parts, so that r keeps its bits.
 */
#include "aot_float.h"

float aot_exp_f32(float x) {
  if (x > 88.72283f) return AOT_F32_MAX * 2.0f;
  if (!(x >= -87.33654f)) return x != x ? x : 0.0f; /* a NaN stays one */
  const float scaled = x * 1.44269504f;
  int32_t n = (int32_t)(scaled < 0.0f ? scaled - 0.5f : scaled + 0.5f);
  const float whole = (float)n;
  const float r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union {
    int32_t bits;
    float value;
  } power;
  if (n > 127) { /* 2^128 is no float, but p may be below 1 */
    p *= 2.0f;
    n -= 1;
  }
  power.bits = (n + 127) * (int32_t)(1L << 23);
  return p * power.value;
}
