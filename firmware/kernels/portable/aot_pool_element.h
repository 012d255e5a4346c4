/* aot_pool_element.h: defines what aot_pool.h declares, for elements of one type.
 *
 * To be included once, after #defining
 *
 *   AOT_ELEMENT      the type
 *   AOT_SUM          the type that a window is summed in
 *   AOT_LEAST        nothing is less
 *   AOT_POOL         the parameter struct
 *   AOT_NAMED(name)  a function's name
 *
 * and after the two functions in which the types differ: activated(layer, x), the fused activation, and
 * quotient(sum, count), the mean of `count` elements.
 */
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

static AOT_ELEMENT maximum(const AOT_POOL *layer, const AOT_ELEMENT *input, span_t rows, span_t columns) {
  const aot_channelwise_shape_t *s = &layer->shape;
  AOT_SUM most = AOT_LEAST;
  for (int32_t y = rows.from; y < rows.to; ++y) {
    for (int32_t x = columns.from; x < columns.to; ++x) {
      const AOT_ELEMENT value = input[(y * s->in_w + x) * s->channels];
      if (value > most) most = value;
    }
  }
  return activated(layer, most);
}

static AOT_ELEMENT mean(const AOT_POOL *layer, const AOT_ELEMENT *input, span_t rows, span_t columns) {
  const aot_channelwise_shape_t *s = &layer->shape;
  AOT_SUM sum = 0;
  for (int32_t y = rows.from; y < rows.to; ++y) {
    for (int32_t x = columns.from; x < columns.to; ++x) sum += input[(y * s->in_w + x) * s->channels];
  }
  const int32_t count = (rows.to - rows.from) * (columns.to - columns.from);
  return activated(layer, quotient(sum, count));
}

typedef AOT_ELEMENT (*reduce_t)(const AOT_POOL *, const AOT_ELEMENT *, span_t, span_t);

static void pool(const AOT_POOL *parameters, const AOT_ELEMENT *input, AOT_ELEMENT *output, reduce_t reduce) {
  AOT_POOL layer;
  AOT_LOAD(layer, parameters);
  const aot_channelwise_shape_t *s = &layer.shape;
  const aot_window_t *w = &s->window;
  for (uint16_t out_y = 0; out_y < s->out_h; ++out_y) {
    const span_t rows = span(out_y, w->stride_h, w->pad_top, w->h, s->in_h);
    for (uint16_t out_x = 0; out_x < s->out_w; ++out_x) {
      const span_t columns = span(out_x, w->stride_w, w->pad_left, w->w, s->in_w);
      for (uint16_t c = 0; c < s->channels; ++c) *output++ = reduce(&layer, input + c, rows, columns);
    }
  }
}

void AOT_NAMED(aot_max_pool)(const AOT_POOL *layer, const AOT_ELEMENT *input, AOT_ELEMENT *output) {
  pool(layer, input, output, maximum);
}

void AOT_NAMED(aot_average_pool)(const AOT_POOL *layer, const AOT_ELEMENT *input, AOT_ELEMENT *output) {
  pool(layer, input, output, mean);
}
