/* aot_pool_f32.c: max- and average-pool, float32, portable C99. */
#include "aot_float.h"
#include "aot_pool.h"

static float activated(const aot_pool_f32_t *layer, float x) {
  return aot_activate_f32(x, 1.0f, layer->low, layer->high);
}

static float quotient(float sum, int32_t count) { return sum / (float)count; }

#define AOT_ELEMENT float
#define AOT_SUM float
#define AOT_LEAST -AOT_F32_MAX
#define AOT_POOL aot_pool_f32_t
#define AOT_NAMED(name) name##_f32
#include "aot_pool_element.h"
