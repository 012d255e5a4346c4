/* aot_float.h: float32 helpers. Single precision only: a double would pull in software arithmetic on every
 * Cortex-M4F, and C's own expf does so inside newlib. */
#ifndef AOT_FLOAT_H
#define AOT_FLOAT_H

#include <float.h>
#include <stdint.h>

#define AOT_F32_MAX FLT_MAX

/* LeakyReLU, then a clamp. A slope of 1 and bounds of +-AOT_F32_MAX mean none: with constants the tests
 * vanish. */
static inline float aot_activate_f32(float x, float slope, float low, float high) {
  if (slope < 1.0f || slope > 1.0f) {
    if (x < 0.0f) x *= slope;
  }
  if (low > -AOT_F32_MAX && x < low) x = low;
  return high < AOT_F32_MAX && x > high ? high : x;
}

/* e^x to within 2 units in the last place; 0 below -87.3, infinity above 88.7. */
float aot_exp_f32(float x);

#endif
