/* aot_depthwise.h: depthwise convolution, one output channel for each input channel, + bias + activation. */
#ifndef AOT_DEPTHWISE_H
#define AOT_DEPTHWISE_H

#include "aot_taps.h"

typedef struct {
  aot_taps_t taps;
  const int8_t *weights;     /* [taps][channels] */
  const int32_t *bias;       /* [channels], the input's zero point folded in */
  const int32_t *multiplier; /* [channels] */
  const int8_t *shift;       /* [channels] */
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int8_t output_zero;
  int8_t low, high; /* the fused activation's clamp, before the table */
} aot_depthwise_s8_t;

typedef struct {
  aot_taps_t taps;
  const float *weights; /* [taps][channels] */
  const float *bias;    /* [channels] */
  float slope;          /* multiplies negative values; 1 if there is no LeakyReLU */
  float low, high;      /* clamp after the slope */
} aot_depthwise_f32_t;

/* input [in_h][in_w][channels] -> output [out_h][out_w][channels]; the two must not overlap. Constants are
 * read as ordinary memory: not for AVR. */
void aot_depthwise_s8(const aot_depthwise_s8_t *layer, const int8_t *input, int8_t *output);
void aot_depthwise_f32(const aot_depthwise_f32_t *layer, const float *input, float *output);

#endif
