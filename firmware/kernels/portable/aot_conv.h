/* aot_conv.h: convolution (plain, grouped, depthwise) + bias + activation + max-pool as one kernel.
 *
 * Images are NHWC with a batch of one. The pool is taken over the accumulators, before the one requantisation
 * or activation, and only positions that it keeps are computed; no convolution output is ever stored. Without
 * a pool its window is 1x1 with stride 1.
 */
#ifndef AOT_CONV_H
#define AOT_CONV_H

#include <stdint.h>

#include "aot_memory.h"

/* A window over an image: `pad_*` rows and columns of padding stand before the first. */
typedef struct {
  uint8_t h, w;
  uint8_t stride_h, stride_w;
  uint8_t dilation_h, dilation_w;
  uint16_t pad_top, pad_left; /* a dilated window is up to 64,771 wide */
} aot_window_t;

typedef struct {
  uint16_t in_h, in_w, in_c;
  uint16_t conv_h, conv_w;      /* the convolution's own output, before the pool */
  uint16_t out_h, out_w, out_c; /* after the pool */
  uint16_t group_in, group_out; /* channels of one group: in_c and out_c if there is one group, 1 and the
                                   depth multiplier for a depthwise convolution */
  aot_window_t kernel, pool;
} aot_conv_shape_t;

/* What the kernels that work in tiles know of a convolution without groups, or of a dense layer as one:
 * kernel rows are runs of neighbours, and no pool window reaches over the convolution's edge. */
typedef struct {
  uint16_t in_h, in_w, in_c;
  uint16_t out_h, out_w, out_c; /* after the pool */
  uint8_t stride_h, stride_w, dilation_h;
  uint8_t kernel_h, pad_top, pad_left;
  uint8_t pool_h, pool_w, pool_stride_h, pool_stride_w;
  uint8_t row_count; /* input rows that one output row needs: (pool_h - 1) * stride_h + (kernel_h - 1) *
                        dilation_h + 1 */
} aot_tile_shape_t;

/* A window that takes each channel by itself: pools that stand alone, depthwise convolutions. */
typedef struct {
  uint16_t in_h, in_w, out_h, out_w;
  aot_window_t window;
  uint16_t channels;
} aot_channelwise_shape_t;

typedef struct {
  aot_conv_shape_t shape;
  const int8_t *weights; /* [out_c][kernel.h][kernel.w][group_in] */
  const int32_t *bias;   /* [out_c], the input's zero point folded in: bias - input_zero * sum of weights */
  const int32_t *multiplier; /* [out_c] */
  const int8_t *shift;       /* [out_c] */
  const int8_t *table; /* [256], what follows the requantisation, at value + 128; NULL if nothing does */
  int8_t input_zero, output_zero;
  int8_t low, high; /* the fused activation's clamp, before the table */
} aot_conv_s8_t;

typedef struct {
  aot_conv_shape_t shape;
  const float *weights; /* [out_c][kernel.h][kernel.w][group_in] */
  const float *bias;    /* [out_c] */
  float slope;          /* multiplies negative values; 1 if there is no LeakyReLU */
  float low, high;      /* clamp after the slope */
} aot_conv_f32_t;

/* input [in_h][in_w][in_c] -> output [out_h][out_w][out_c]; the two must not overlap. */
void aot_conv_s8(const aot_conv_s8_t *layer, const int8_t *input, int8_t *output);
void aot_conv_f32(const aot_conv_f32_t *layer, const float *input, float *output);

/* The same for a pool of 2x2 and one group, where no window and no pool reaches over an edge and the kernel
 * is not dilated along rows. */
void aot_conv_pool2_s8(const aot_conv_s8_t *layer, const int8_t *input, int8_t *output);
void aot_conv_pool2_f32(const aot_conv_f32_t *layer, const float *input, float *output);

#endif
