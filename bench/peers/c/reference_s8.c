/* reference_s8.c: int8 operators, byte for byte TensorFlow Lite Micro's reference kernels. */
#include "reference.h"
#include "reference_fixed.h"

static int8_t requantised(const reference_linear_s8_t *linear, int32_t channel, int32_t sum) {
  const int32_t scaled = reference_rescale(sum + linear->bias[channel], linear->scale[channel]);
  return (int8_t)reference_clamp(scaled + linear->output_zero, linear->low, linear->high);
}

/* reference_integer_ops::ConvPerChannel. */
void reference_conv_s8(const reference_window_t *window, const reference_linear_s8_t *linear,
                       const int8_t *input, int8_t *output) {
  const reference_shape_t filter = {window->kernel_h, window->kernel_w, window->input.channels};
  for (int32_t y = 0; y < window->output.height; ++y) {
    for (int32_t x = 0; x < window->output.width; ++x) {
      for (int32_t channel = 0; channel < window->output.channels; ++channel) {
        const int8_t *weights = linear->filter + channel * filter.height * filter.width * filter.channels;
        int32_t sum = 0;
        for (int32_t ky = 0; ky < window->kernel_h; ++ky) {
          const int32_t in_y = y * window->stride_h - window->pad_top + ky;
          for (int32_t kx = 0; kx < window->kernel_w; ++kx) {
            const int32_t in_x = x * window->stride_w - window->pad_left + kx;
            if (in_y < 0 || in_y >= window->input.height || in_x < 0 || in_x >= window->input.width) continue;
            for (int32_t c = 0; c < window->input.channels; ++c) {
              const int32_t value = input[reference_offset(&window->input, in_y, in_x, c)];
              sum += weights[reference_offset(&filter, ky, kx, c)] * (value - linear->input_zero);
            }
          }
        }
        output[reference_offset(&window->output, y, x, channel)] = requantised(linear, channel, sum);
      }
    }
  }
}

/* reference_integer_ops::FullyConnectedPerChannel. */
void reference_dense_s8(int32_t depth, int32_t units, const reference_linear_s8_t *linear,
                        const int8_t *input, int8_t *output) {
  for (int32_t unit = 0; unit < units; ++unit) {
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) {
      sum += linear->filter[unit * depth + i] * (input[i] - linear->input_zero);
    }
    output[unit] = requantised(linear, unit, sum);
  }
}

/* reference_integer_ops::MaxPool. */
void reference_max_pool_s8(const reference_window_t *window, int32_t low, int32_t high, const int8_t *input,
                           int8_t *output) {
  for (int32_t y = 0; y < window->output.height; ++y) {
    for (int32_t x = 0; x < window->output.width; ++x) {
      for (int32_t channel = 0; channel < window->output.channels; ++channel) {
        int32_t most = INT8_MIN;
        for (int32_t ky = 0; ky < window->kernel_h; ++ky) {
          const int32_t in_y = y * window->stride_h - window->pad_top + ky;
          for (int32_t kx = 0; kx < window->kernel_w; ++kx) {
            const int32_t in_x = x * window->stride_w - window->pad_left + kx;
            if (in_y < 0 || in_y >= window->input.height || in_x < 0 || in_x >= window->input.width) continue;
            const int32_t value = input[reference_offset(&window->input, in_y, in_x, channel)];
            if (value > most) most = value;
          }
        }
        output[reference_offset(&window->output, y, x, channel)] = (int8_t)reference_clamp(most, low, high);
      }
    }
  }
}

/* reference_ops::QuantizeLeakyRelu: two multipliers, one for each sign. */
void reference_leaky_relu_s8(const reference_leaky_relu_s8_t *layer, const int8_t *input, int8_t *output) {
  for (int32_t i = 0; i < layer->count; ++i) {
    const int32_t value = input[i] - layer->input_zero;
    const int32_t scaled = reference_rescale(value, value >= 0 ? layer->identity : layer->slope);
    output[i] = (int8_t)reference_clamp(scaled + layer->output_zero, INT8_MIN, INT8_MAX);
  }
}
