/* aot_gemm_s8.h: int8 convolution without a pool, and dense layers, as a product of matrices, on a core with
 * nothing but a multiplication.
 *
 * What a window reads is gathered once; then all channels pass over it, two at a time. Both factors are kept
 * as unsigned bytes, 128 more than they are: every core loads such a byte in one instruction from any
 * distance. With x and w for those, the sum of (x - 128) (w - 128) is that of x w, less 128 times the sum of
 * x, less what the bias holds already.
 */
#ifndef AOT_GEMM_S8_H
#define AOT_GEMM_S8_H

#include <stdbool.h>
#include <stddef.h>

#include "aot_conv.h"

typedef struct {
  aot_tile_shape_t shape;
  uint16_t run;  /* taps of one kernel row: kernel width * in_c */
  uint16_t taps; /* of the whole kernel, up to a multiple of 8 */
  const uint8_t
      *weights;        /* [out_c / 2, rounded up][taps][2], 128 more than they are; 0 where there is none */
  const int32_t *bias; /* [out_c], with input_zero folded in, less 128 times the sum of the channel's weights,
                          in 32 bits */
  const int32_t *multiplier; /* [out_c] */
  const int8_t *shift;       /* [out_c] */
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int8_t input_zero, output_zero;
  int8_t low, high; /* the fused activation's clamp, before the table */
} aot_gemm_s8_t;

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `patch` is scratch, `taps` bytes. Row y of the
 * input is not read any more once output row y / stride_h is written. */
void aot_gemm_s8(const aot_gemm_s8_t *layer, const int8_t *input, uint8_t *patch, int8_t *output);

#endif
