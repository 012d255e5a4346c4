/* aot_conv_f32.c: float32 convolution + bias + activation + max-pool, portable C99, any window, stride,
 * padding, dilation and grouping. Sums run in the reference's order; the compiler may contract them to fused
 * multiply-adds. */
#include <stddef.h>

#include "aot_conv.h"
#include "aot_float.h"

static float accumulate(const aot_conv_f32_t *layer, const float *input, int32_t y, int32_t x,
                        uint16_t channel) {
  const aot_conv_shape_t *s = &layer->shape;
  const aot_window_t *k = &s->kernel;
  const uint16_t first = (uint16_t)(channel / s->group_out * s->group_in);
  const float *weight = layer->weights + (size_t)channel * k->h * k->w * s->group_in;
  float sum = 0.0f;
  for (uint8_t ky = 0; ky < k->h; ++ky) {
    const int32_t row = y * k->stride_h - k->pad_top + (int32_t)ky * k->dilation_h;
    for (uint8_t kx = 0; kx < k->w; ++kx, weight += s->group_in) {
      const int32_t column = x * k->stride_w - k->pad_left + (int32_t)kx * k->dilation_w;
      if (row < 0 || row >= s->in_h || column < 0 || column >= s->in_w) continue;
      const float *pixel = input + ((size_t)row * s->in_w + (size_t)column) * s->in_c + first;
      for (uint16_t i = 0; i < s->group_in; ++i) sum += pixel[i] * AOT_F32(weight + i);
    }
  }
  return sum + AOT_F32(layer->bias + channel);
}

void aot_conv_f32(const aot_conv_f32_t *parameters, const float *input, float *output) {
  aot_conv_f32_t layer;
  AOT_LOAD(layer, parameters);
  const aot_conv_shape_t *s = &layer.shape;
  for (uint16_t out_y = 0; out_y < s->out_h; ++out_y) {
    for (uint16_t out_x = 0; out_x < s->out_w; ++out_x) {
      for (uint16_t channel = 0; channel < s->out_c; ++channel) {
        float most = -AOT_F32_MAX;
        for (uint8_t py = 0; py < s->pool.h; ++py) {
          const int32_t y = (int32_t)out_y * s->pool.stride_h - s->pool.pad_top + py;
          if (y < 0 || y >= s->conv_h) continue;
          for (uint8_t px = 0; px < s->pool.w; ++px) {
            const int32_t x = (int32_t)out_x * s->pool.stride_w - s->pool.pad_left + px;
            if (x < 0 || x >= s->conv_w) continue;
            const float sum = accumulate(&layer, input, y, x, channel);
            if (sum > most) most = sum;
          }
        }
        *output++ = aot_activate_f32(most, layer.slope, layer.low, layer.high);
      }
    }
  }
}
