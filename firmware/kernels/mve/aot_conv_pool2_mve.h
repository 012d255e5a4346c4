/* aot_conv_pool2_mve.h: int8 convolution of stride 1 + bias + activation + 2x2 max-pool on vectors, for
 * kernels of up to three rows of at most sixteen bytes.
 *
 * The weights of two channels stay in registers while a row of pool windows passes: four rows by two columns
 * of the input are loaded once for the four positions and both channels. The two are every second of four
 * neighbours, so that their bytes can be stored as lanes 0 and 2 of a vector.
 */
#ifndef AOT_CONV_POOL2_MVE_H
#define AOT_CONV_POOL2_MVE_H

#include <stdbool.h>

#include "aot_conv.h"
#include "aot_rows_mve.h"

typedef struct {
  const int8_t *weights;       /* [pair of channels][2][kernel_h][16] */
  const aot_quad_mve_t *quads; /* by pairs, in lanes 0 and 2 */
  const int8_t *table; /* at value 0: what follows the requantisation, or if `is_long` the scaling; NULL if
                          nothing does */
  int32_t output_zero;
  aot_tile_shape_t shape;
  bool padded, is_long;
  uint32_t pitch; /* bytes from one input row to the next */
  uint32_t run;   /* bytes of one kernel row: kernel width * in_c; at most 16 */
  int8_t input_zero;
} aot_conv_pool2_mve_t;

/* `count` rows of the output from those at `x` on; all of them for two channels, then for the next two. */
typedef void aot_pool2_rows_mve_t(const aot_conv_pool2_mve_t *l, const int8_t *x, int8_t *out,
                                  uint32_t count);

#if !AOT_HAS_MVE
/* The twin: where the core has the instructions, the compiler of the network writes a function of the same
 * meaning for each form of a layer (toolkit/compiler/lower/mve_pool2.py). */
AOT_INLINE void aot_pool2_rows_mve(const aot_conv_pool2_mve_t *l, const int8_t *x, int8_t *out,
                                   uint32_t count) {
  const aot_tile_shape_t *s = &l->shape;
  for (uint32_t window = 0; window < count * s->out_w; ++window) {
    const int8_t *corner = x + window / s->out_w * 2 * l->pitch + window % s->out_w * 2 * s->in_c;
    for (uint32_t channel = 0; channel < s->out_c; ++channel) {
      const uint32_t pair = channel / 4 * 2 + channel % 2, half = channel % 4 / 2;
      const int8_t *w = l->weights + (pair * 2 + half) * s->kernel_h * 16;
      int32_t most = INT32_MIN;
      for (uint32_t at = 0; at < 4; ++at) {
        const int8_t *first = corner + at / 2 * l->pitch + at % 2 * s->in_c;
        int32_t sum = 0;
        for (uint32_t k = 0; k < s->kernel_h * l->run; ++k) {
          sum += w[k / l->run * 16 + k % l->run] * first[k / l->run * l->pitch + k % l->run];
        }
        most = aot_max(most, sum);
      }
      const aot_quad_mve_t *quad = l->quads + pair;
      if (l->is_long) {
        most += quad->bias[2 * half];
        *out++ = l->table[aot_requantise(most, quad->multiplier[2 * half], quad->shift[2 * half])];
      } else {
        const int8_t *table = l->table != NULL ? l->table - 128 : NULL;
        *out++ = aot_lane_value(quad, 2 * half, (int8_t)l->output_zero, table, most);
      }
    }
  }
}
#endif

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `compute` is the layer's own, NULL where its twin
 * stands in. `rows` is scratch if the layer is padded: row_count * pitch + 15. Reads up to 15 bytes past the
 * input. */
AOT_INLINE void aot_conv_pool2_mve(const aot_conv_pool2_mve_t *l, aot_pool2_rows_mve_t *compute,
                                   const int8_t *input, int8_t *rows, int8_t *output) {
#if !AOT_HAS_MVE
  compute = aot_pool2_rows_mve;
#endif
  const aot_tile_shape_t *s = &l->shape;
  if (!l->padded) {
    compute(l, input, output, s->out_h);
    return;
  }
#pragma GCC unroll 1
  for (uint32_t y = 0; y < s->out_h; ++y, output += (uint32_t)s->out_w * s->out_c) {
    aot_advance_rows_mve(s, l->pitch, l->input_zero, input, rows, y);
    compute(l, rows, output, 1);
  }
}

#endif
