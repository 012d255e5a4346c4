/* aot_conv_s8.c: int8 convolution + bias + activation + max-pool, portable C99, any window, stride, padding,
 * dilation and grouping. Byte for byte what the reference kernels give for the same operators one after the
 * other. */
#include <stddef.h>

#include "aot_conv.h"
#include "aot_dot.h"
#include "aot_requantise.h"

/* Unrolled and inlined it needs 160 bytes more of stack on an AVR, and is 8 % faster. */
#if defined(__AVR__)
#pragma GCC optimize("Os")
#endif

/* The accumulator of one output channel at one position of the convolution, where the window reaches over the
 * image's edge or does not take neighbouring elements. Padding has the value of the zero point, which the
 * folded bias takes out again. */
static int32_t at_edge(const aot_conv_shape_t *s, const int8_t *weight, const int8_t *input, int32_t top,
                       int32_t left, int8_t zero, int32_t sum) {
  const aot_window_t *k = &s->kernel;
  for (uint8_t ky = 0; ky < k->h; ++ky) {
    const int32_t row = top + (int32_t)ky * k->dilation_h;
    for (uint8_t kx = 0; kx < k->w; ++kx, weight += s->group_in) {
      const int32_t column = left + (int32_t)kx * k->dilation_w;
      if (row >= 0 && row < s->in_h && column >= 0 && column < s->in_w) {
        sum = aot_dot(input + ((size_t)row * s->in_w + (size_t)column) * s->in_c, weight, s->group_in, sum);
      } else {
        for (uint16_t i = 0; i < s->group_in; ++i) sum += (int32_t)zero * AOT_S8(weight + i);
      }
    }
  }
  return sum;
}

/* The same where every kernel row is one run of neighbouring elements inside the image. */
static int32_t inside(const aot_conv_shape_t *s, const int8_t *weight, const int8_t *input, int32_t top,
                      int32_t left, int32_t sum) {
  const uint32_t run = (uint32_t)s->kernel.w * s->in_c, pitch = (uint32_t)s->in_w * s->in_c;
  const int8_t *x = input + (uint32_t)top * pitch + (uint32_t)left * s->in_c;
  for (uint8_t ky = s->kernel.h; ky > 0; --ky, x += s->kernel.dilation_h * pitch, weight += run) {
    sum = aot_dot(x, weight, run, sum);
  }
  return sum;
}

static int32_t accumulate(const aot_conv_s8_t *layer, const int8_t *input, int32_t y, int32_t x,
                          uint16_t channel) {
  const aot_conv_shape_t *s = &layer->shape;
  const aot_window_t *k = &s->kernel;
  const int8_t *weight = layer->weights + (size_t)channel * k->h * k->w * s->group_in;
  const int32_t bias = AOT_S32(layer->bias + channel);
  const int32_t top = y * k->stride_h - k->pad_top, left = x * k->stride_w - k->pad_left;
  if (s->group_in == s->in_c && k->dilation_w == 1 && top >= 0 && left >= 0 &&
      top + (k->h - 1) * (int32_t)k->dilation_h < s->in_h && left + k->w <= s->in_w) {
    return inside(s, weight, input, top, left, bias);
  }
  const uint16_t first = (uint16_t)(channel / s->group_out * s->group_in);
  return at_edge(s, weight, input + first, top, left, layer->input_zero, bias);
}

void aot_conv_s8(const aot_conv_s8_t *parameters, const int8_t *input, int8_t *output) {
  aot_conv_s8_t layer;
  AOT_LOAD(layer, parameters);
  const aot_conv_shape_t *s = &layer.shape;
  for (uint16_t out_y = 0; out_y < s->out_h; ++out_y) {
    for (uint16_t out_x = 0; out_x < s->out_w; ++out_x) {
      for (uint16_t channel = 0; channel < s->out_c; ++channel) {
        int32_t most = INT32_MIN;
        for (uint8_t py = 0; py < s->pool.h; ++py) {
          const int32_t y = (int32_t)out_y * s->pool.stride_h - s->pool.pad_top + py;
          if (y < 0 || y >= s->conv_h) continue;
          for (uint8_t px = 0; px < s->pool.w; ++px) {
            const int32_t x = (int32_t)out_x * s->pool.stride_w - s->pool.pad_left + px;
            if (x < 0 || x >= s->conv_w) continue;
            const int32_t sum = accumulate(&layer, input, y, x, channel);
            if (sum > most) most = sum;
          }
        }
        AOT_STORE_S8(output, &layer, most, AOT_S32(layer.multiplier + channel),
                     AOT_S8(layer.shift + channel));
      }
    }
  }
}
