#include "normal.h"

#include <math.h>
#include <stdlib.h>

int normal_new(normal_t *normal, int channels) {
  const size_t count = (size_t)channels;
  float *floats = calloc(4 * count, sizeof *floats);
  double *doubles = calloc(2 * count, sizeof *doubles);
  *normal = (normal_t){0};
  if (!floats || !doubles) {
    free(floats);
    free(doubles);
    return 0;
  }
  normal->mean = floats;
  normal->scale_of_one = floats + count;
  normal->fixed_mean = floats + 2 * count;
  normal->fixed_variance = floats + 3 * count;
  normal->mean_sum = doubles;
  normal->square_sum = doubles + count;
  return 1;
}

void normal_free(normal_t *normal) {
  free(normal->mean);
  free(normal->mean_sum);
}

/* Mean and variance over `blocks` x `places` x LANES; sums of differences to one of the values, as the mean
 * may be large against the spread. */
static void moments(const lanes_t *x, size_t stride, int blocks, int places, float *mean, float *variance) {
  const float near = x[0][0];
  const double count = (double)LANES * blocks * places;
  lanes_t once = {0}, squared = {0};
  for (int block = 0; block < blocks; block++, x += stride) {
    for (int place = 0; place < places; place++) {
      const lanes_t difference = x[place] - near;
      once += difference;
      squared += difference * difference;
    }
  }
  const double middle = sum(once) / count, spread = sum(squared) / count - middle * middle;
  *mean = (float)(middle + near);
  *variance = spread > 0 ? (float)spread : 0.0f;
}

void normal_forward(const layer_t *layer, normal_t *normal, const lanes_t *x, lanes_t *y, int blocks,
                    const float *parameters, enum mode mode) {
  const int places = layer->height * layer->width;
  const size_t stride = (size_t)(layer->channels * places);
  for (int channel = 0; channel < layer->channels; channel++) {
    const lanes_t *from = x + channel * places;
    lanes_t *to = y + channel * places;
    float gain = 1.0f, offset = parameters[layer->bias + channel];
    if (layer->scale >= 0) {
      float mean = normal->fixed_mean[channel], variance = normal->fixed_variance[channel];
      if (mode != MODE_FIXED) moments(from, stride, blocks, places, &mean, &variance);
      if (mode == MODE_COLLECT) {
        normal->mean_sum[channel] += mean;
        normal->square_sum[channel] += variance + (double)mean * mean;
      }
      normal->mean[channel] = mean;
      normal->scale_of_one[channel] = 1.0f / sqrtf(variance + VARIANCE_EPSILON);
      gain = parameters[layer->scale + channel] * normal->scale_of_one[channel];
      offset -= mean * gain;
    }
    const float slope = layer->slope;
    for (int block = 0; block < blocks; block++, from += stride, to += stride) {
      for (int place = 0; place < places; place++) {
        const lanes_t value = from[place] * gain + offset;
        to[place] = slope == 1.0f ? value : larger(value, value * slope); /* slope <= 1 */
      }
    }
  }
}

void normal_backward(const layer_t *layer, const normal_t *normal, const lanes_t *x, const lanes_t *y,
                     lanes_t *gy, lanes_t *gx, int blocks, const float *parameters, float *sums,
                     enum mode mode) {
  const int places = layer->height * layer->width;
  const size_t stride = (size_t)(layer->channels * places);
  const float count = (float)(LANES * blocks * places);
  for (int channel = 0; channel < layer->channels; channel++) {
    const size_t start = (size_t)(channel * places);
    const float mean = layer->scale >= 0 ? normal->mean[channel] : 0.0f;
    /* Where the slope is below 0, the output does not tell which side of it the value was on. */
    const float up =
        layer->scale >= 0 ? parameters[layer->scale + channel] * normal->scale_of_one[channel] : 1.0f;
    const float offset = parameters[layer->bias + channel] - mean * up;
    lanes_t plain = {0}, weighted = {0};
    for (int block = 0; block < blocks; block++) {
      const lanes_t *in = x + (size_t)block * stride + start, *out = y + (size_t)block * stride + start;
      lanes_t *gradient = gy + (size_t)block * stride + start;
      for (int place = 0; place < places; place++) {
        const lanes_t g = choose(layer->slope < 0 ? in[place] * up + offset > 0.0f : out[place] > 0.0f,
                                 gradient[place], gradient[place] * layer->slope);
        gradient[place] = g;
        plain += g;
        weighted += g * (in[place] - mean);
      }
    }
    const float bias_sum = sum(plain);
    sums[layer->bias + channel] += bias_sum;
    float gain = 1.0f, back_to_mean = 0.0f, back_along = 0.0f;
    if (layer->scale >= 0) {
      const float one = normal->scale_of_one[channel], scale_sum = sum(weighted) * one;
      sums[layer->scale + channel] += scale_sum;
      gain = parameters[layer->scale + channel] * one;
      if (mode != MODE_FIXED) { /* the batch's own mean and variance depend on each of its values */
        back_to_mean = bias_sum / count;
        back_along = scale_sum * one / count;
      }
    }
    for (int block = 0; block < blocks; block++) {
      const lanes_t *in = x + (size_t)block * stride + start, *gradient = gy + (size_t)block * stride + start;
      lanes_t *to = gx + (size_t)block * stride + start;
      for (int place = 0; place < places; place++) {
        to[place] = gain * (gradient[place] - back_to_mean - back_along * (in[place] - mean));
      }
    }
  }
}
