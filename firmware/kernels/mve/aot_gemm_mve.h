/* aot_gemm_mve.h: int8 convolution without a pool, and dense layers, as products of matrices on vectors.
 *
 * A kernel row is a run of bytes, in the input as in the weights, so sixteen products are one VMLADAVA. Two
 * positions by four channels share their loads: fourteen instructions for 128 multiply-accumulates. Rows far
 * shorter than a vector are gathered first, one after the other, so that a patch has fewer vectors. What a
 * vector reads past a run meets weights of 0.
 *
 * Sums of sixteen channels are narrowed together, so a tile's four channels are not neighbours: see
 * aot_place_mve().
 */
#ifndef AOT_GEMM_MVE_H
#define AOT_GEMM_MVE_H

#include <stdbool.h>

#include "aot_conv.h"
#include "aot_rows_mve.h"

enum { AOT_PATCHES = 8 }; /* gathered at a time */

typedef struct {
  const int8_t *weights;       /* by groups and tiles of channels: [kernel_h][chunks][channel][16] */
  const aot_quad_mve_t *quads; /* by tiles */
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int32_t output_zero;
  aot_tile_shape_t shape;
  bool padded;
  bool small;      /* every group of channels is one tile */
  uint32_t pitch;  /* bytes from one input row to the next */
  uint32_t run;    /* bytes of one kernel row: kernel width * in_c */
  uint32_t chunks; /* vectors of one kernel row, or of a patch */
  uint32_t patch;  /* bytes of a gathered patch, a multiple of 16; 0: nothing is gathered */
  int8_t input_zero;
} aot_gemm_mve_t;

/* All channels at `count` positions, from the input at `x` or from patches; or what `count` positions read,
 * from the input at `x` to patches at `out`. */
typedef void aot_positions_mve_t(const aot_gemm_mve_t *l, const int8_t *x, int8_t *out, uint32_t count);

#if !AOT_HAS_MVE
/* The twins: where the core has the instructions, the compiler of the network writes functions of the same
 * meaning for each form of a layer (toolkit/compiler/lower/mve_gemm_text.py). */
typedef struct {
  uint32_t first, tile, lane, lanes; /* first: channel of the group */
} aot_place_mve_t;

/* Where a channel's constants are. Groups are of 16, 8, 4 and fewer channels, in 4, 2, 1 and 1 tiles. */
AOT_INLINE aot_place_mve_t aot_place_mve(uint32_t channel, uint32_t channels, bool small) {
  static const uint8_t order[4] = {0, 2, 1, 3};
  aot_place_mve_t at = {0, 0, 0, 4};
  for (;;) {
    const uint32_t left = channels - at.first, here = channel - at.first;
    const uint32_t tiles = small || left < 8 ? 1 : (left < 16 ? 2 : 4);
    if (here < 4 * tiles) {
      at.tile = tiles == 4 ? order[here % 4] : here % tiles;
      at.lane = here / tiles;
      at.lanes = left < 4 ? left : 4;
      return at;
    }
    at.first += 4 * tiles;
  }
}

AOT_INLINE void aot_gemm_positions_mve(const aot_gemm_mve_t *l, const int8_t *x, int8_t *out,
                                       uint32_t count) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t rows = l->patch ? 1 : s->kernel_h, run = l->patch ? l->run * s->kernel_h : l->run;
  const uint32_t apart = l->patch ? l->patch : (uint32_t)s->stride_w * s->in_c;
  for (; count > 0; --count, x += apart, out += s->out_c) {
    for (uint32_t channel = 0; channel < s->out_c; ++channel) {
      const aot_place_mve_t at = aot_place_mve(channel, s->out_c, l->small);
      const int8_t *w = l->weights + (at.first + at.tile * 4) * rows * l->chunks * 16;
      int32_t sum = 0;
      for (uint32_t k = 0; k < rows * run; ++k) {
        const uint32_t row = k / run, column = k % run;
        const int8_t weight = w[((row * l->chunks + column / 16) * at.lanes + at.lane) * 16 + column % 16];
        sum += weight * x[row * s->dilation_h * l->pitch + column];
      }
      const aot_quad_mve_t *quad = l->quads + at.first / 4 + at.tile;
      out[channel] = aot_lane_value(quad, at.lane, (int8_t)l->output_zero, l->table, sum);
    }
  }
}

AOT_INLINE void aot_gemm_patches_mve(const aot_gemm_mve_t *l, const int8_t *x, int8_t *out, uint32_t count) {
  const aot_tile_shape_t *s = &l->shape;
  for (; count > 0; --count, x += (uint32_t)s->stride_w * s->in_c, out += l->patch) {
    for (uint32_t row = 0; row < s->kernel_h; ++row) {
      memcpy(out + row * l->run, x + row * s->dilation_h * l->pitch, l->run);
    }
  }
}
#endif

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `positions` and `patches` are the layer's own,
 * NULL where their twins stand in, and `patches` if nothing is gathered. `rows` is scratch if the layer is
 * padded, row_count * pitch bytes, and behind that if patches are gathered, AOT_PATCHES * patch; 15 bytes
 * more of it are read and written. Reads up to 15 bytes past the input. */
AOT_INLINE void aot_gemm_mve(const aot_gemm_mve_t *l, aot_positions_mve_t *positions,
                             aot_positions_mve_t *patches, const int8_t *input, int8_t *rows,
                             int8_t *output) {
#if !AOT_HAS_MVE
  positions = aot_gemm_positions_mve;
  patches = aot_gemm_patches_mve;
#endif
  const aot_tile_shape_t *s = &l->shape;
  int8_t *const gathered = rows + (l->padded ? s->row_count * l->pitch : 0);
  const uint32_t step = (uint32_t)s->stride_w * s->in_c;
#pragma GCC unroll 1
  for (uint32_t y = 0; y < s->out_h; ++y) {
    const int8_t *x = rows;
    if (l->padded) {
      aot_advance_rows_mve(s, l->pitch, l->input_zero, input, rows, y);
    } else {
      x = input + y * s->stride_h * l->pitch;
    }
    if (!l->patch) {
      positions(l, x, output, s->out_w);
      output += (uint32_t)s->out_w * s->out_c;
      continue;
    }
#pragma GCC unroll 1
    for (uint32_t left = s->out_w; left > 0;) {
      const uint32_t count = left < AOT_PATCHES ? left : AOT_PATCHES;
      patches(l, x, gathered, count);
      positions(l, gathered, output, count);
      x += count * step;
      output += count * s->out_c;
      left -= count;
    }
  }
}

#endif
