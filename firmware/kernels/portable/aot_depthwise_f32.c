/* aot_depthwise_f32.c: float32 depthwise convolution + bias + activation, portable C99; see aot_taps.h. Sums
 * run in the reference's order; the compiler may contract them to fused multiply-adds. */
#include "aot_depthwise.h"
#include "aot_float.h"

/* What the layer does to a sum, asked once and not at each output. */
typedef struct {
  bool leaks, clamps;
  float slope, low, high;
} activation_t;

AOT_INLINE float activate(const activation_t *a, float x) {
  if (a->leaks && x < 0.0f) x *= a->slope;
  if (a->clamps) x = x < a->low ? a->low : (x > a->high ? a->high : x);
  return x;
}

/* `lanes` neighbouring channels, 4 or 1, of one position. */
AOT_INLINE void lanes_at(const aot_depthwise_f32_t *l, const activation_t *a, const uint8_t *const *taps,
                         uint32_t count, uint32_t channel, uint32_t lanes, float *output) {
  float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  const float *weight = l->weights + channel;
  const uint32_t channels = l->taps.shape.channels;
  for (uint32_t t = 0; t < count; ++t, weight += channels) {
    const float *pixel = (const float *)(const void *)taps[t] + channel;
    __asm__("" : "+r"(pixel)); /* one base register for all lanes */
    for (uint32_t i = 0; i < lanes; ++i) sums[i] += pixel[i] * weight[i];
  }
  for (uint32_t i = 0; i < lanes; ++i) output[i] = activate(a, sums[i] + l->bias[channel + i]);
}

void aot_depthwise_f32(const aot_depthwise_f32_t *l, const float *input, float *output) {
  const aot_channelwise_shape_t *s = &l->taps.shape;
  const uint32_t count = (uint32_t)s->window.h * s->window.w, channels = s->channels;
  const activation_t a = {l->slope < 1.0f || l->slope > 1.0f, l->low > -AOT_F32_MAX || l->high < AOT_F32_MAX,
                          l->slope, l->low, l->high};
  const uint8_t *taps[AOT_MOST_TAPS];
  for (int32_t y = 0; y < s->out_h; ++y) {
    for (int32_t x = 0; x < s->out_w; ++x, output += channels) {
      aot_taps_at(&l->taps, input, y, x, taps);
      uint32_t c = 0;
      for (; c + 4 <= channels; c += 4) lanes_at(l, &a, taps, count, c, 4, output + c);
      for (; c < channels; ++c) lanes_at(l, &a, taps, count, c, 1, output + c);
    }
  }
}
