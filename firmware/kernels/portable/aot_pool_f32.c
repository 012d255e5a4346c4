/* aot_pool_f32.c: max- and average-pool, float32, portable C99. */
#include "aot_float.h"
#include "aot_pool.h"

/* The part of a window that lies inside the image, along one axis. */
typedef struct {
  int32_t from, to;
} span_t;

static span_t span(uint16_t out, uint8_t stride, uint16_t pad, uint8_t length, uint16_t size) {
  span_t s = {(int32_t)out * stride - pad, 0};
  s.to = s.from + length;
  if (s.from < 0) s.from = 0;
  if (s.to > size) s.to = size;
  return s;
}

static float maximum(const aot_pool_f32_t *layer, const float *input, span_t rows, span_t columns) {
  float most = -AOT_F32_MAX;
  for (int32_t y = rows.from; y < rows.to; ++y) {
    for (int32_t x = columns.from; x < columns.to; ++x) {
      const float value = input[(y * layer->in_w + x) * layer->channels];
      if (value > most) most = value;
    }
  }
  return (float)aot_activate_f32(most, 1.0f, layer->low, layer->high);
}

static float mean(const aot_pool_f32_t *layer, const float *input, span_t rows, span_t columns) {
  float sum = 0;
  for (int32_t y = rows.from; y < rows.to; ++y) {
    for (int32_t x = columns.from; x < columns.to; ++x) sum += input[(y * layer->in_w + x) * layer->channels];
  }
  const int32_t count = (rows.to - rows.from) * (columns.to - columns.from);
  return aot_activate_f32(sum / (float)count, 1.0f, layer->low, layer->high);
}

typedef float (*reduce_t)(const aot_pool_f32_t *, const float *, span_t, span_t);

static void pool(const aot_pool_f32_t *parameters, const float *input, float *output, reduce_t reduce) {
  aot_pool_f32_t layer;
  AOT_LOAD(layer, parameters);
  const aot_window_t *w = &layer.window;
  for (uint16_t out_y = 0; out_y < layer.out_h; ++out_y) {
    const span_t rows = span(out_y, w->stride_h, w->pad_top, w->h, layer.in_h);
    for (uint16_t out_x = 0; out_x < layer.out_w; ++out_x) {
      const span_t columns = span(out_x, w->stride_w, w->pad_left, w->w, layer.in_w);
      for (uint16_t c = 0; c < layer.channels; ++c) *output++ = reduce(&layer, input + c, rows, columns);
    }
  }
}

void aot_max_pool_f32(const aot_pool_f32_t *layer, const float *input, float *output) {
  pool(layer, input, output, maximum);
}

void aot_average_pool_f32(const aot_pool_f32_t *layer, const float *input, float *output) {
  pool(layer, input, output, mean);
}
