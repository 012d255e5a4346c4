/* aot_conv_f32.c: float32 convolution + bias + activation + max-pool, portable C99, any window, stride,
 * padding, dilation and grouping. Sums run in the reference's order; the compiler may contract them to fused
 * multiply-adds. */
#include <stdbool.h>
#include <stddef.h>

#include "aot_conv.h"
#include "aot_float.h"

/* sum + the products of `count` neighbouring inputs and weights. */
static float dot(const float *x, const float *weight, uint32_t count, float sum) {
  for (; count > 0; --count) sum += *x++ * AOT_F32(weight++);
  return sum;
}

/* One output channel at one position of the convolution, without bias. Where every kernel row is one run of
 * neighbouring elements inside the image, it is taken as such. */
static float accumulate(const aot_conv_f32_t *layer, const float *input, int32_t y, int32_t x,
                        uint16_t channel) {
  const aot_conv_shape_t *s = &layer->shape;
  const aot_window_t *k = &s->kernel;
  const float *weight = layer->weights + (size_t)channel * k->h * k->w * s->group_in;
  const int32_t top = y * k->stride_h - k->pad_top, left = x * k->stride_w - k->pad_left;
  const uint16_t first = (uint16_t)(channel / s->group_out * s->group_in);
  const bool is_run = s->group_in == s->in_c && k->dilation_w == 1 && left >= 0 && left + k->w <= s->in_w;
  const uint32_t run = is_run ? (uint32_t)k->w * s->in_c : s->group_in;
  float sum = 0.0f;
  for (uint8_t ky = 0; ky < k->h; ++ky) {
    const int32_t row = top + (int32_t)ky * k->dilation_h;
    for (uint8_t kx = 0; kx < (is_run ? 1 : k->w); ++kx, weight += run) {
      const int32_t column = left + (int32_t)kx * k->dilation_w;
      if (row < 0 || row >= s->in_h || column < 0 || column >= s->in_w) continue;
      sum = dot(input + ((size_t)row * s->in_w + (size_t)column) * s->in_c + first, weight, run, sum);
    }
  }
  return sum;
}

/* The largest sum of the pool's window, without bias. */
static float largest(const aot_conv_f32_t *layer, const float *input, uint16_t out_y, uint16_t out_x,
                     uint16_t channel) {
  const aot_conv_shape_t *s = &layer->shape;
  float most = -AOT_F32_MAX;
  for (uint8_t py = 0; py < s->pool.h; ++py) {
    const int32_t y = (int32_t)out_y * s->pool.stride_h - s->pool.pad_top + py;
    if (y < 0 || y >= s->conv_h) continue;
    for (uint8_t px = 0; px < s->pool.w; ++px) {
      const int32_t x = (int32_t)out_x * s->pool.stride_w - s->pool.pad_left + px;
      if (x < 0 || x >= s->conv_w) continue;
      const float sum = accumulate(layer, input, y, x, channel);
      if (sum > most) most = sum;
    }
  }
  return most;
}

void aot_conv_f32(const aot_conv_f32_t *parameters, const float *input, float *output) {
  aot_conv_f32_t layer;
  AOT_LOAD(layer, parameters);
  const aot_conv_shape_t *s = &layer.shape;
  for (uint16_t y = 0; y < s->out_h; ++y) {
    for (uint16_t x = 0; x < s->out_w; ++x) {
      for (uint16_t channel = 0; channel < s->out_c; ++channel) {
        const float sum = largest(&layer, input, y, x, channel) + AOT_F32(layer.bias + channel);
        *output++ = aot_activate_f32(sum, layer.slope, layer.low, layer.high);
      }
    }
  }
}
