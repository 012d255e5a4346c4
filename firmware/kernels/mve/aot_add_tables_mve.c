/* aot_add_tables_mve.c: see aot_add_tables_mve.h. */
#include "aot_add_tables_mve.h"

#include "aot_mve.h"

void aot_add_tables_mve(const aot_add_tables_t *layer, const int8_t *a, const int8_t *b, int8_t *output) {
  const aot_add_tables_t l = *layer;
  AOT_FOR_RUNS(&l.nest, at_a, at_b) {
    const int8_t *x = a + at_a, *y = b + at_b;
    uint32_t i = l.nest.size[3];
#if AOT_HAS_MVE
    if (l.nest.a[3] == 1 && l.nest.b[3] == 1) {
      const int32x4_t low = vdupq_n_s32(l.low), high = vdupq_n_s32(l.high);
      for (; i >= 4; i -= 4, x += 4, y += 4, output += 4) {
        int32x4_t sum = vldrwq_gather_shifted_offset_s32(l.a_table, vreinterpretq_u32_s32(vldrbq_s32(x)));
        sum =
            vaddq_s32(sum, vldrwq_gather_shifted_offset_s32(l.b_table, vreinterpretq_u32_s32(vldrbq_s32(y))));
        sum = vrmulhq_s32(sum, vdupq_n_s32(l.multiplier));
        sum = vaddq_s32(sum, vshrq_n_s32(sum, 31)); /* halves away from zero */
        sum = vaddq_n_s32(vrshlq_n_s32(sum, -(int32_t)l.right), l.output_zero);
        vstrbq_s32(output, vminq_s32(vmaxq_s32(sum, low), high));
      }
    }
#endif
    for (; i > 0; --i, x += l.nest.a[3], y += l.nest.b[3]) {
      *output++ = aot_add_tables_one(&l, l.a_table[*x] + l.b_table[*y]);
    }
  }
}
