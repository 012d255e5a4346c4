/* reference.h: the operators of a digit classifier as TensorFlow Lite Micro's reference kernels compute them,
 * for `make bench` alone.
 *
 * This is what the arithmetic costs when nobody optimises it: each operator by itself, every size and stride
 * read from a struct at run time, an index computed for every element, the zero point added to every input.
 * Written here after the formulas of tensorflow/lite/kernels/internal/reference and gemmlowp's fixedpoint;
 * nothing is copied.
 *
 * Images are [height][width][channels], row-major; output never overlaps input.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdint.h>

typedef struct {
  int32_t height, width, channels;
} reference_shape_t;

/* How a kernel moves over an image; padding before its first row and column. */
typedef struct {
  reference_shape_t input, output;
  int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
} reference_window_t;

/* real = 2^(shift - 31) * multiplier; shift is to the left if positive. */
typedef struct {
  int32_t multiplier, shift;
} reference_scale_t;

/* From an accumulator to an output channel. */
typedef struct {
  const int8_t *filter; /* [output channels][kernel_h][kernel_w][input channels], or [units][depth] */
  const int32_t *bias;  /* [output channels] */
  const reference_scale_t *scale; /* [output channels] */
  int32_t input_zero, output_zero;
  int32_t low, high; /* the fused activation's clamp */
} reference_linear_s8_t;

typedef struct {
  int32_t count;
  int32_t input_zero, output_zero;
  reference_scale_t identity, slope; /* for x >= 0 and below */
} reference_leaky_relu_s8_t;

typedef struct {
  int32_t depth;
  reference_scale_t scale; /* to Q5.26; its shift is never negative */
  int32_t smallest;        /* differences from the maximum below this count as zero */
} reference_softmax_s8_t;

typedef struct {
  const float *filter, *bias; /* as in reference_linear_s8_t */
  float low, high;
} reference_linear_f32_t;

void reference_conv_s8(const reference_window_t *window, const reference_linear_s8_t *linear,
                       const int8_t *input, int8_t *output);
void reference_dense_s8(int32_t depth, int32_t units, const reference_linear_s8_t *linear,
                        const int8_t *input, int8_t *output);
void reference_max_pool_s8(const reference_window_t *window, int32_t low, int32_t high, const int8_t *input,
                           int8_t *output);
void reference_leaky_relu_s8(const reference_leaky_relu_s8_t *layer, const int8_t *input, int8_t *output);

/* One row; the output's scale is 1/256 and its zero point -128. */
void reference_softmax_s8(const reference_softmax_s8_t *layer, const int8_t *input, int8_t *output);

void reference_conv_f32(const reference_window_t *window, const reference_linear_f32_t *linear,
                        const float *input, float *output);
void reference_dense_f32(int32_t depth, int32_t units, const reference_linear_f32_t *linear,
                         const float *input, float *output);
void reference_max_pool_f32(const reference_window_t *window, float low, float high, const float *input,
                            float *output);
void reference_leaky_relu_f32(int32_t count, float slope, const float *input, float *output);
void reference_softmax_f32(int32_t depth, float beta, const float *input, float *output);

static inline int32_t reference_offset(const reference_shape_t *shape, int32_t y, int32_t x, int32_t c) {
  return (y * shape->width + x) * shape->channels + c;
}

#endif
