/* reference_f32.c: float32 operators in the order of TensorFlow Lite Micro's reference kernels. */
#include <float.h>
#include <math.h>

#include "reference.h"

static float clamped(float x, float low, float high) { return fminf(fmaxf(x, low), high); }

/* reference_ops::Conv. */
void reference_conv_f32(const reference_window_t *window, const reference_linear_f32_t *linear,
                        const float *input, float *output) {
  const reference_shape_t filter = {window->kernel_h, window->kernel_w, window->input.channels};
  for (int32_t y = 0; y < window->output.height; ++y) {
    for (int32_t x = 0; x < window->output.width; ++x) {
      for (int32_t channel = 0; channel < window->output.channels; ++channel) {
        const float *weights = linear->filter + channel * filter.height * filter.width * filter.channels;
        float sum = 0.0f;
        for (int32_t ky = 0; ky < window->kernel_h; ++ky) {
          const int32_t in_y = y * window->stride_h - window->pad_top + ky;
          for (int32_t kx = 0; kx < window->kernel_w; ++kx) {
            const int32_t in_x = x * window->stride_w - window->pad_left + kx;
            if (in_y < 0 || in_y >= window->input.height || in_x < 0 || in_x >= window->input.width) continue;
            for (int32_t c = 0; c < window->input.channels; ++c) {
              sum += input[reference_offset(&window->input, in_y, in_x, c)] *
                     weights[reference_offset(&filter, ky, kx, c)];
            }
          }
        }
        output[reference_offset(&window->output, y, x, channel)] =
            clamped(sum + linear->bias[channel], linear->low, linear->high);
      }
    }
  }
}

/* reference_ops::FullyConnected. */
void reference_dense_f32(int32_t depth, int32_t units, const reference_linear_f32_t *linear,
                         const float *input, float *output) {
  for (int32_t unit = 0; unit < units; ++unit) {
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) sum += input[i] * linear->filter[unit * depth + i];
    output[unit] = clamped(sum + linear->bias[unit], linear->low, linear->high);
  }
}

/* reference_ops::MaxPool. */
void reference_max_pool_f32(const reference_window_t *window, float low, float high, const float *input,
                            float *output) {
  for (int32_t y = 0; y < window->output.height; ++y) {
    for (int32_t x = 0; x < window->output.width; ++x) {
      for (int32_t channel = 0; channel < window->output.channels; ++channel) {
        float most = -FLT_MAX;
        for (int32_t ky = 0; ky < window->kernel_h; ++ky) {
          const int32_t in_y = y * window->stride_h - window->pad_top + ky;
          for (int32_t kx = 0; kx < window->kernel_w; ++kx) {
            const int32_t in_x = x * window->stride_w - window->pad_left + kx;
            if (in_y < 0 || in_y >= window->input.height || in_x < 0 || in_x >= window->input.width) continue;
            most = fmaxf(most, input[reference_offset(&window->input, in_y, in_x, channel)]);
          }
        }
        output[reference_offset(&window->output, y, x, channel)] = clamped(most, low, high);
      }
    }
  }
}

/* reference_ops::LeakyRelu. */
void reference_leaky_relu_f32(int32_t count, float slope, const float *input, float *output) {
  for (int32_t i = 0; i < count; ++i) output[i] = input[i] > 0.0f ? input[i] : input[i] * slope;
}

/* reference_ops::Softmax: the largest is taken off first, so that no exponential overflows. */
void reference_softmax_f32(int32_t depth, float beta, const float *input, float *output) {
  float most = -FLT_MAX;
  for (int32_t i = 0; i < depth; ++i) most = fmaxf(most, input[i]);
  float sum = 0.0f;
  for (int32_t i = 0; i < depth; ++i) {
    output[i] = expf((input[i] - most) * beta);
    sum += output[i];
  }
  for (int32_t i = 0; i < depth; ++i) output[i] = output[i] / sum;
}
