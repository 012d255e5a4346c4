/* aot_gemm_armv6m.h: int8 convolution without a pool, and dense layers, as a product of matrices on an
 * Armv6-M core (aot_armv6m.h).
 *
 * What the windows at four positions read is gathered, as words, which one LDM loads, or as bytes where there
 * is no room for words; then all channels pass over it. Over one position by itself they pass four at once.
 * Both factors are unsigned, 128 more than they are, which LDRB loads from a fixed distance. With x and w for
 * those, the sum of (x - 128) (w - 128) is that of x w, less 128 times the sum of x, found while gathering,
 * less what the bias holds already.
 */
#ifndef AOT_GEMM_ARMV6M_H
#define AOT_GEMM_ARMV6M_H

#include "aot_armv6m.h"

typedef struct {
  aot_tile_shape_t shape;
  uint16_t run;           /* taps of one kernel row: kernel width * in_c */
  uint16_t taps;          /* of the whole kernel, up to a multiple of 8 */
  const uint32_t *stream; /* [out_c][2 + taps / 4]: as aot_armv6m_t has it; of its bias 128 times the sum of
                             the channel's weights is taken */
  const int8_t *table;    /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int8_t input_zero, output_zero;
  int8_t low, high; /* the fused activation's clamp, before the table */
  uint8_t apart;    /* bytes from one position's tap to the next one's, by four: 4 or 1 */
} aot_gemm_armv6m_t;

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `patch` is scratch, 4 * taps words or bytes, or
 * `taps` bytes. `by_four`: aot_armv6m_by_words or aot_armv6m_by_bytes; NULL: one by one. Row y of the input
 * is not read any more once output row y / stride_h is written. */
void aot_gemm_armv6m(const aot_gemm_armv6m_t *layer, aot_armv6m_run_t *by_four, const int8_t *input,
                     uint32_t *patch, int8_t *output);

#endif
