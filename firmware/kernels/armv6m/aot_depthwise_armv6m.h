/* aot_depthwise_armv6m.h: int8 depthwise convolution, one output channel for each input channel, on an
 * Armv6-M core (aot_armv6m.h).
 *
 * Where the taps of four positions read is found once; then all channels pass over it, so that a weight
 * serves four products and a channel's scale four outputs. A tap outside the image reads `outside`.
 */
#ifndef AOT_DEPTHWISE_ARMV6M_H
#define AOT_DEPTHWISE_ARMV6M_H

#include "aot_armv6m.h"

typedef struct {
  aot_channelwise_shape_t shape;
  uint16_t taps;          /* of the window, up to a multiple of 3 */
  const int8_t *outside;  /* [channels], the zero point; NULL if no tap ever is outside */
  const uint32_t *stream; /* [channels][2 + taps / 4, rounded up]: as aot_armv6m_t has it */
  const int8_t *table;    /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int8_t output_zero;
  int8_t low, high; /* the fused activation's clamp, before the table */
} aot_depthwise_armv6m_t;

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]. `places` is scratch, 4 * taps words, or
 * `taps` words where there are fewer than four positions. Four positions, which may lie in several rows, are
 * read and written at once. */
void aot_depthwise_armv6m(const aot_depthwise_armv6m_t *layer, const int8_t *input, int32_t *places,
                          int8_t *output);

#endif
