/* aot_pool_s8.c: max- and average-pool, int8, portable C99. */
#include "aot_pool.h"
#include "aot_requantise.h"

static int8_t activated(const aot_pool_s8_t *layer, int32_t x) {
  return (int8_t)aot_clamp(x, layer->low, layer->high);
}

/* Rounded to nearest, halves away from zero. */
static int32_t quotient(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

#define AOT_ELEMENT int8_t
#define AOT_SUM int32_t
#define AOT_LEAST INT8_MIN
#define AOT_POOL aot_pool_s8_t
#define AOT_NAMED(name) name##_s8
#include "aot_pool_element.h"
