/* aot_gemm_s8.h: int8 convolution without a pool, and dense layers, as a product of matrices, on a core with
 * many registers and nothing but a multiplication.
 *
 * What the windows at four positions read is gathered once, tap by tap; then all channels pass over it, four
 * at a time: eight loads serve sixteen products.
 */
#ifndef AOT_GEMM_S8_H
#define AOT_GEMM_S8_H

#include <stdbool.h>
#include <stddef.h>

#include "aot_conv.h"

typedef struct {
  aot_tile_shape_t shape;
  uint16_t run;              /* taps of one kernel row: kernel width * in_c */
  uint16_t taps;             /* of the whole kernel, up to an even number */
  uint8_t lanes;             /* positions at a time: 4, or 1 */
  const int8_t *weights;     /* [out_c / 4, rounded up][taps][4]; 0 where there is none */
  const int32_t *bias;       /* [out_c], with input_zero folded in */
  const int32_t *multiplier; /* [out_c] */
  const int8_t *shift;       /* [out_c], as aot_scale_s8.h takes it */
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int8_t input_zero, output_zero;
  int8_t low, high; /* the fused activation's clamp, before the table */
} aot_gemm_s8_t;

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `patch` is scratch, lanes * taps bytes. Row y of
 * the input is not read any more once output row y / stride_h is written. */
void aot_gemm_s8(const aot_gemm_s8_t *layer, const int8_t *input, int8_t *patch, int8_t *output);

#endif
