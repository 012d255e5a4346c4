/* aot_conv_tile_mve.h: the sums of a convolution with a pool at one or two positions, for up to four
 * channels.
 *
 * A kernel row is a run of bytes, in the input as in the weights, so sixteen products are one VMLADAVA. Two
 * positions by four channels share their loads: fourteen instructions for 128 multiply-accumulates. A run's
 * last vector reads past it: weights are 0 there.
 */
#ifndef AOT_CONV_TILE_MVE_H
#define AOT_CONV_TILE_MVE_H

#include <stdbool.h>

#include "aot_conv.h"
#include "aot_mve.h"

typedef struct {
  aot_tile_shape_t shape;
  bool padded;
  uint32_t pitch;  /* bytes from one row to the next */
  uint32_t run;    /* bytes of one kernel row: kernel width * in_c */
  uint32_t chunks; /* vectors of one kernel row */
  int8_t input_zero, output_zero;
  const int8_t *weights; /* by groups of 4 channels, the last of 1 to 4: [kernel_h][chunks][channel][16] */
  const aot_quad_mve_t *quads;
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
} aot_conv_mve_t;

/* The sums of `lanes` channels (1 to 4) at `positions` positions (1 or 2, `apart` bytes apart), without bias.
 */
typedef void aot_tile_mve_t(const aot_conv_mve_t *l, const int8_t *w, const int8_t *x, uint32_t apart,
                            uint32_t positions, uint32_t lanes, aot_quad_t *first, aot_quad_t *second);

#if !AOT_HAS_MVE
/* The twin: where the core has the instructions, the compiler of the network writes a function of the same
 * meaning for each layer (toolkit/compiler/lower/mve_tile.py). */
AOT_INLINE void aot_tile_mve(const aot_conv_mve_t *l, const int8_t *w, const int8_t *x, uint32_t apart,
                             uint32_t positions, uint32_t lanes, aot_quad_t *first, aot_quad_t *second) {
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    int32_t sums[2] = {0, 0};
    for (uint32_t k = 0; k < l->shape.kernel_h * l->run; ++k) {
      const uint32_t row = k / l->run, at = k % l->run;
      const int8_t weight = w[((row * l->chunks + at / 16) * lanes + lane) * 16 + at % 16];
      const int8_t *element = x + row * l->shape.dilation_h * l->pitch + at;
      for (uint32_t p = 0; p < positions; ++p) sums[p] += weight * element[p * apart];
    }
    first->lane[lane] = sums[0];
    if (positions > 1) second->lane[lane] = sums[1];
  }
}
#endif

#endif
