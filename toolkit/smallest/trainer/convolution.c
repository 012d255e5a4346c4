/* Convolutions over all input channels, with and without a 2 x 2 maximum, and the maximum alone. */
#include <string.h>

#include "kernels.h"

/* Four windows side by side, of a 2 x 2 of outputs whose first window begins at x[row][column]. */
INLINED void four(const lanes_t *x, extent_t in, const float *weights, int kernel, lanes_t out[4]) {
  lanes_t a = {0}, b = {0}, c = {0}, d = {0};
  for (int channel = 0; channel < in.channels; channel++) {
    for (int row = 0; row < kernel; row++) {
      for (int column = 0; column < kernel; column++) {
        const float weight = *weights++;
        const lanes_t *at = x + row * in.width + column;
        a += weight * at[0];
        b += weight * at[1];
        c += weight * at[in.width];
        d += weight * at[in.width + 1];
      }
    }
    x += in.height * in.width;
  }
  out[0] = a, out[1] = b, out[2] = c, out[3] = d;
}

INLINED mask_t largest_of(const lanes_t out[4], lanes_t *largest) {
  const lanes_t top = larger(out[0], out[1]), bottom = larger(out[2], out[3]);
  const mask_t zero = {0}, one = zero + 1;
  *largest = larger(top, bottom);
  const mask_t upper = (zero - (out[1] > out[0])), lower = (zero - (out[3] > out[2])) + one + one;
  const mask_t below = bottom > top;
  return (below & lower) | (~below & upper);
}

INLINED void conv_pool_any(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, mask_t *which,
                           const float *weights, int kernel) {
  for (int channel = 0; channel < layer->channels; channel++) {
    const float *own = weights + channel * in.channels * kernel * kernel;
    for (int row = 0; row < layer->height; row++) {
      for (int column = 0; column < layer->width; column++) {
        lanes_t out[4];
        four(x + 2 * row * in.width + 2 * column, in, own, kernel, out);
        *which++ = largest_of(out, y++);
      }
    }
  }
}

void conv_pool_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, mask_t *which,
                       const float *weights) {
  if (layer->kernel == 3) { /* known when compiled: the loops unroll, and the sums stay in registers */
    conv_pool_any(layer, in, x, y, which, weights, 3);
  } else {
    conv_pool_any(layer, in, x, y, which, weights, layer->kernel);
  }
}

/* The gradient of one output in the place of the 2 x 2 that it came from. */
INLINED void apart(lanes_t gradient, mask_t which, lanes_t out[4]) {
  for (int place = 0; place < 4; place++) out[place] = where(which == place, gradient);
}

INLINED void conv_pool_weights(const layer_t *layer, extent_t in, const lanes_t *x, const lanes_t *gy,
                               const mask_t *which, float *sums, int kernel) {
  lanes_t held[LARGEST_KERNEL * LARGEST_KERNEL];
  for (int place = 0; place < kernel * kernel; place++) held[place] = all(0.0f);
  for (int row = 0; row < layer->height; row++) {
    for (int column = 0; column < layer->width; column++) {
      const lanes_t *at = x + 2 * row * in.width + 2 * column;
      lanes_t g[4];
      apart(*gy++, *which++, g);
      for (int down = 0; down < kernel; down++) {
        for (int right = 0; right < kernel; right++) {
          const lanes_t *tap = at + down * in.width + right;
          held[down * kernel + right] +=
              g[0] * tap[0] + g[1] * tap[1] + g[2] * tap[in.width] + g[3] * tap[in.width + 1];
        }
      }
    }
  }
  for (int place = 0; place < kernel * kernel; place++) sums[place] += sum(held[place]);
}

static void conv_pool_inputs(const layer_t *layer, extent_t in, const lanes_t *gy, const mask_t *which,
                             lanes_t *gx, const float *weights) {
  const int kernel = layer->kernel;
  for (int row = 0; row < layer->height; row++) {
    for (int column = 0; column < layer->width; column++) {
      lanes_t g[4];
      apart(*gy++, *which++, g);
      for (int down = 0; down < kernel; down++) {
        for (int right = 0; right < kernel; right++) {
          lanes_t *tap = gx + (2 * row + down) * in.width + 2 * column + right;
          const float weight = weights[down * kernel + right];
          tap[0] += weight * g[0];
          tap[1] += weight * g[1];
          tap[in.width] += weight * g[2];
          tap[in.width + 1] += weight * g[3];
        }
      }
    }
  }
}

void conv_pool_backward(const layer_t *layer, extent_t in, const lanes_t *x, const lanes_t *gy,
                        const mask_t *which, lanes_t *gx, const float *weights, float *sums) {
  const int plane = in.height * in.width, places = layer->height * layer->width;
  if (gx) memset(gx, 0, (size_t)(in.channels * plane) * sizeof *gx);
  for (int channel = 0; channel < layer->channels; channel++, gy += places, which += places) {
    for (int from = 0; from < in.channels; from++) {
      const int offset = (channel * in.channels + from) * layer->kernel * layer->kernel;
      if (layer->kernel == 3) {
        conv_pool_weights(layer, in, x + from * plane, gy, which, sums + offset, 3);
      } else {
        conv_pool_weights(layer, in, x + from * plane, gy, which, sums + offset, layer->kernel);
      }
      if (gx) conv_pool_inputs(layer, in, gy, which, gx + from * plane, weights + offset);
    }
  }
}

void conv_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, const float *weights) {
  const int kernel = layer->kernel, size = in.channels * kernel * kernel;
  for (int channel = 0; channel < layer->channels; channel++) {
    for (int row = 0; row < layer->height; row++) {
      for (int column = 0; column < layer->width; column++) {
        const float *weight = weights + channel * size;
        lanes_t held = {0};
        for (int from = 0; from < in.channels; from++) {
          const lanes_t *at = x + (from * in.height + row) * in.width + column;
          for (int down = 0; down < kernel; down++) {
            for (int right = 0; right < kernel; right++) held += *weight++ * at[down * in.width + right];
          }
        }
        *y++ = held;
      }
    }
  }
}

void conv_backward(const layer_t *layer, extent_t in, const lanes_t *x, const lanes_t *gy, lanes_t *gx,
                   const float *weights, float *sums) {
  const int kernel = layer->kernel, size = in.channels * kernel * kernel;
  if (gx) memset(gx, 0, (size_t)(in.channels * in.height * in.width) * sizeof *gx);
  for (int channel = 0; channel < layer->channels; channel++, gy += layer->height * layer->width) {
    for (int tap = 0; tap < size; tap++) {
      const int from = tap / (kernel * kernel), down = tap / kernel % kernel, right = tap % kernel;
      const int offset = (from * in.height + down) * in.width + right;
      const float weight = weights[channel * size + tap];
      lanes_t held = {0};
      for (int row = 0; row < layer->height; row++) {
        for (int column = 0; column < layer->width; column++) {
          const lanes_t g = gy[row * layer->width + column];
          const int at = offset + row * in.width + column;
          held += g * x[at];
          if (gx) gx[at] += weight * g;
        }
      }
      sums[channel * size + tap] += sum(held);
    }
  }
}

void pool_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y, mask_t *which) {
  for (int channel = 0; channel < layer->channels; channel++, x += in.height * in.width) {
    for (int row = 0; row < layer->height; row++) {
      for (int column = 0; column < layer->width; column++) {
        const lanes_t *at = x + 2 * row * in.width + 2 * column;
        const lanes_t out[4] = {at[0], at[1], at[in.width], at[in.width + 1]};
        *which++ = largest_of(out, y++);
      }
    }
  }
}

void pool_backward(const layer_t *layer, extent_t in, const lanes_t *gy, const mask_t *which, lanes_t *gx) {
  memset(gx, 0, (size_t)(in.channels * in.height * in.width) * sizeof *gx);
  for (int channel = 0; channel < layer->channels; channel++, gx += in.height * in.width) {
    for (int row = 0; row < layer->height; row++) {
      for (int column = 0; column < layer->width; column++) {
        lanes_t *at = gx + 2 * row * in.width + 2 * column;
        lanes_t g[4];
        apart(*gy++, *which++, g);
        at[0] = g[0], at[1] = g[1], at[in.width] = g[2], at[in.width + 1] = g[3];
      }
    }
  }
}
