/* aot_conv_pool2_f32.c: float32 convolution + bias + activation + 2x2 max-pool, portable C99, compact: one
 * channel's four sums of a pool window at a time, each weight loaded once for the four. Sums run in the
 * reference's order; the compiler may contract them to fused multiply-adds. */
#include "aot_conv.h"
#include "aot_float.h"

/* The largest of the four sums of a pool window of 2x2, without bias; x is the window's first input, and
 * every kernel row is one run. A weight is loaded once for the four. */
static float largest_of_four(const aot_conv_shape_t *s, const float *x, const float *weight) {
  const uint32_t pitch = (uint32_t)s->in_w * s->in_c, run = (uint32_t)s->kernel.w * s->in_c;
  const float *right = x + s->kernel.stride_w * s->in_c, *below = x + s->kernel.stride_h * pitch;
  const float *beyond = below + s->kernel.stride_w * s->in_c;
  const uint32_t next = s->kernel.dilation_h * pitch - run;
  float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (uint8_t ky = s->kernel.h; ky > 0; --ky) {
    for (uint32_t k = run; k > 0; --k) {
      const float w = AOT_F32(weight++);
      sums[0] += *x++ * w;
      sums[1] += *right++ * w;
      sums[2] += *below++ * w;
      sums[3] += *beyond++ * w;
    }
    x += next, right += next, below += next, beyond += next;
  }
  float most = sums[0];
  for (uint8_t i = 1; i < 4; ++i) most = sums[i] > most ? sums[i] : most;
  return most;
}

void aot_conv_pool2_f32(const aot_conv_f32_t *parameters, const float *input, float *output) {
  aot_conv_f32_t layer;
  AOT_LOAD(layer, parameters);
  const aot_conv_shape_t *s = &layer.shape;
  const uint32_t taps = (uint32_t)s->kernel.h * s->kernel.w * s->in_c;
  const uint32_t down = (uint32_t)s->pool.stride_h * s->kernel.stride_h * s->in_w * s->in_c;
  const uint32_t along = (uint32_t)s->pool.stride_w * s->kernel.stride_w * s->in_c;
  for (uint16_t y = 0; y < s->out_h; ++y, input += down) {
    const float *x = input;
    for (uint16_t left = s->out_w; left > 0; --left, x += along) {
      const float *weight = layer.weights;
      for (uint16_t channel = 0; channel < s->out_c; ++channel, weight += taps) {
        const float sum = largest_of_four(s, x, weight) + AOT_F32(layer.bias + channel);
        *output++ = aot_activate_f32(sum, layer.slope, layer.low, layer.high);
      }
    }
  }
}
