/* aot_gemm_dsp.h: int8 convolution + bias + activation + max-pool, and dense layers, as a product of two
 * matrices on dual 16-bit multiply-accumulates.
 *
 * What the windows of two positions read is gathered once as pairs of int16 (`taps`), the two positions word
 * by word; then all channels pass over it, four at a time. Positions are paired across rows, so that an odd
 * width costs nothing. Weights stay int8 in flash, or are int16 where flash is no matter.
 *
 * The passing is assembly written by the compiler of the network (toolkit/compiler/lower/dsp_gemm_text.py);
 * without the instructions the C of aot_gemm_dsp.c stands in for it.
 */
#ifndef AOT_GEMM_DSP_H
#define AOT_GEMM_DSP_H

#include <stdbool.h>
#include <stddef.h>

#include "aot_conv.h"
#include "aot_dsp.h"

/* A run of taps is cut into fours, each of them the pairs (0, 2) and (1, 3); a rest of one or two is one pair
 * (0, 1), a rest of three (0, 2) and (1, nothing).
 *
 * The stream, by groups of four channels, the last of which may lack some at its end:
 *   weights[steps * turns]: as int16, for each pair of taps a word a channel; as int8, a word for channels 0
 *     and 1 and one for 2 and 3, [t0 c0, t0 c1, t1 c0, t1 c1], each half of it the int16 256 * c1 + c0;
 *     lacking channels are 0;
 *   then, if each channel has its own scale: a word of four right shifts, and for each channel that there is
 *     its bias, multiplier and offset; else its bias alone.
 * They are scaled as in aot_conv_dsp.h; weights as int8 are not, and have no left shift. */
typedef struct {
  const uint32_t *stream, *end;
  const int8_t *table;        /* what follows the requantisation, at value 0; NULL if nothing does */
  int32_t multiplier, offset; /* of all channels, where they have one */
  uint32_t turns;
  uint32_t channels; /* those before are in the order in which the assembly reads them */
  uint32_t steps;    /* pairs of taps in one turn */
  aot_tile_shape_t shape;
  uint16_t run; /* taps of one kernel row: kernel width * in_c */
  int8_t input_zero;
  uint8_t shift; /* of all channels, where they have one; else 0 */
  bool wide;     /* weights are int16 */
} aot_gemm_dsp_t;

/* All channels: of one position to out[channels], of two to out[2][channels], or of a pool window two wide to
 * out[channels]. */
typedef void aot_gemm_tile_t(const aot_gemm_dsp_t *layer, const uint32_t *taps, int8_t *out);

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]. `two` computes two positions or a pool window,
 * and `one` the last one if their number is odd; either is NULL where there is no such, and both without the
 * instructions. `taps` is scratch, a word for each pair of taps, of each position, in each row of the pool
 * window. Row y of the input is not read any more once output row y / (stride_h * pool_stride_h) is written.
 */
void aot_gemm_dsp(const aot_gemm_dsp_t *layer, aot_gemm_tile_t *two, aot_gemm_tile_t *one,
                  const int8_t *input, uint32_t *taps, int8_t *output);

#endif
