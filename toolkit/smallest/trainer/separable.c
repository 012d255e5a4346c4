/* Depthwise and pointwise convolutions, and dense layers. */
#include <string.h>

#include "kernels.h"

/* A plane with zeros round it: [height + 2 around][width + 2 around]. */
static void framed(const lanes_t *plane, int height, int width, int around, lanes_t *out) {
  const int wide = width + 2 * around;
  memset(out, 0, (size_t)((height + 2 * around) * wide) * sizeof *out);
  for (int row = 0; row < height; row++) {
    memcpy(out + (row + around) * wide + around, plane + row * width, (size_t)width * sizeof *out);
  }
}

INLINED void slide(const lanes_t *x, lanes_t *y, const float *weights, int wide, int height, int width,
                   int kernel, int turned) {
  for (int row = 0; row < height; row++) {
    for (int column = 0; column < width; column++) {
      const lanes_t *at = x + row * wide + column;
      lanes_t held = {0};
      for (int down = 0; down < kernel; down++) {
        for (int right = 0; right < kernel; right++) {
          const int tap = down * kernel + right;
          held += weights[turned ? kernel * kernel - 1 - tap : tap] * at[down * wide + right];
        }
      }
      *y++ = held;
    }
  }
}

INLINED void slide_weights(const lanes_t *x, const lanes_t *gy, float *sums, int wide, int height, int width,
                           int kernel) {
  lanes_t held[LARGEST_KERNEL * LARGEST_KERNEL];
  for (int tap = 0; tap < kernel * kernel; tap++) held[tap] = all(0.0f);
  for (int row = 0; row < height; row++) {
    for (int column = 0; column < width; column++) {
      const lanes_t *at = x + row * wide + column;
      const lanes_t g = *gy++;
      for (int down = 0; down < kernel; down++) {
        for (int right = 0; right < kernel; right++)
          held[down * kernel + right] += g * at[down * wide + right];
      }
    }
  }
  for (int tap = 0; tap < kernel * kernel; tap++) sums[tap] += sum(held[tap]);
}

void depthwise_forward(const layer_t *layer, extent_t in, const lanes_t *x, lanes_t *y,
                       const float *weights) {
  static _Thread_local lanes_t frame[LARGEST_PLANE];
  const int kernel = layer->kernel, around = layer->padding, wide = in.width + 2 * around;
  for (int channel = 0; channel < layer->channels; channel++) {
    const lanes_t *plane = x + channel * in.height * in.width;
    const float *own = weights + channel * kernel * kernel;
    lanes_t *out = y + channel * layer->height * layer->width;
    if (around) {
      framed(plane, in.height, in.width, around, frame);
      plane = frame;
    }
    if (kernel == 3) {
      slide(plane, out, own, wide, layer->height, layer->width, 3, 0);
    } else {
      slide(plane, out, own, wide, layer->height, layer->width, kernel, 0);
    }
  }
}

void depthwise_backward(const layer_t *layer, extent_t in, const lanes_t *x, const lanes_t *gy, lanes_t *gx,
                        const float *weights, float *sums) {
  static _Thread_local lanes_t frame[LARGEST_PLANE];
  const int kernel = layer->kernel, around = layer->padding, wide = in.width + 2 * around;
  for (int channel = 0; channel < layer->channels; channel++) {
    const lanes_t *plane = x + channel * in.height * in.width,
                  *g = gy + channel * layer->height * layer->width;
    const float *own = weights + channel * kernel * kernel;
    if (around) {
      framed(plane, in.height, in.width, around, frame);
      plane = frame;
    }
    if (kernel == 3) {
      slide_weights(plane, g, sums + channel * 9, wide, layer->height, layer->width, 3);
    } else {
      slide_weights(plane, g, sums + channel * kernel * kernel, wide, layer->height, layer->width, kernel);
    }
    /* The other way: the gradients, with zeros round them, under the kernel turned by 180 degrees. */
    const int round = kernel - 1 - around;
    framed(g, layer->height, layer->width, round, frame);
    if (kernel == 3) {
      slide(frame, gx + channel * in.height * in.width, own, layer->width + 2 * round, in.height, in.width, 3,
            1);
    } else {
      slide(frame, gx + channel * in.height * in.width, own, layer->width + 2 * round, in.height, in.width,
            kernel, 1);
    }
  }
}

INLINED void mix_some(const lanes_t *x, lanes_t *y, const float *weights, int inputs, int places,
                      int by_output, int by_input, int rows, int columns) {
  lanes_t held[2][4];
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) held[row][column] = all(0.0f);
  }
  for (int from = 0; from < inputs; from++) {
    for (int row = 0; row < rows; row++) {
      const float weight = weights[row * by_output + from * by_input];
      for (int column = 0; column < columns; column++)
        held[row][column] += weight * x[from * places + column];
    }
  }
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) y[row * places + column] = held[row][column];
  }
}

void mix(const lanes_t *x, lanes_t *y, const float *weights, int inputs, int outputs, int places,
         int by_output, int by_input) {
  int to = 0;
  for (; to + 1 < outputs; to += 2) {
    const float *own = weights + to * by_output;
    lanes_t *out = y + to * places;
    int at = 0;
    for (; at + 3 < places; at += 4)
      mix_some(x + at, out + at, own, inputs, places, by_output, by_input, 2, 4);
    for (; at < places; at++) mix_some(x + at, out + at, own, inputs, places, by_output, by_input, 2, 1);
  }
  if (to < outputs) {
    const float *own = weights + to * by_output;
    lanes_t *out = y + to * places;
    int at = 0;
    for (; at + 3 < places; at += 4)
      mix_some(x + at, out + at, own, inputs, places, by_output, by_input, 1, 4);
    for (; at < places; at++) mix_some(x + at, out + at, own, inputs, places, by_output, by_input, 1, 1);
  }
}

INLINED void mix_weights_some(const lanes_t *x, const lanes_t *gy, float *sums, int inputs, int places,
                              int rows, int columns) {
  lanes_t held[4][4];
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) held[row][column] = all(0.0f);
  }
  for (int at = 0; at < places; at++) {
    for (int row = 0; row < rows; row++) {
      const lanes_t g = gy[row * places + at];
      for (int column = 0; column < columns; column++) held[row][column] += g * x[column * places + at];
    }
  }
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) sums[row * inputs + column] += sum(held[row][column]);
  }
}

void mix_weights(const lanes_t *x, const lanes_t *gy, float *sums, int inputs, int outputs, int places) {
  for (int to = 0; to < outputs;) {
    const int rows = outputs - to >= 4 ? 4 : 1;
    for (int from = 0; from < inputs;) {
      const int columns = inputs - from >= 4 ? 4 : 1;
      const lanes_t *in = x + from * places, *g = gy + to * places;
      float *out = sums + to * inputs + from;
      if (rows == 4 && columns == 4) {
        mix_weights_some(in, g, out, inputs, places, 4, 4);
      } else if (rows == 4) {
        mix_weights_some(in, g, out, inputs, places, 4, 1);
      } else if (columns == 4) {
        mix_weights_some(in, g, out, inputs, places, 1, 4);
      } else {
        mix_weights_some(in, g, out, inputs, places, 1, 1);
      }
      from += columns;
    }
    to += rows;
  }
}

void dense_forward(const layer_t *layer, int inputs, const lanes_t *x, lanes_t *y, const float *parameters) {
  mix(x, y, parameters + layer->weights, inputs, layer->channels, 1, inputs, 1);
  if (layer->bias < 0) return;
  for (int unit = 0; unit < layer->channels; unit++) y[unit] += parameters[layer->bias + unit];
}

void dense_backward(const layer_t *layer, int inputs, const lanes_t *x, const lanes_t *gy, lanes_t *gx,
                    const float *parameters, float *sums) {
  mix_weights(x, gy, sums + layer->weights, inputs, layer->channels, 1);
  mix(gy, gx, parameters + layer->weights, layer->channels, inputs, 1, 1, inputs);
  if (layer->bias < 0) return;
  for (int unit = 0; unit < layer->channels; unit++) sums[layer->bias + unit] += sum(gy[unit]);
}
