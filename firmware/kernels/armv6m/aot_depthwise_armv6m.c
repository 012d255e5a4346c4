#include "aot_depthwise_armv6m.h"

#if AOT_HAS_ARMV6M
#define PLACE(input, offset) ((int32_t)(uintptr_t)(input) + (offset))
#define OUTSIDE(l) ((int32_t)(uintptr_t)(l)->outside)
#else
#define PLACE(input, offset) (offset)
#define OUTSIDE(l) INT32_MIN
#endif

/* Where the taps of the window at (y, x) read channel 0. */
static void find(const aot_depthwise_armv6m_t *l, const int8_t *input, int32_t y, int32_t x, uint32_t lanes,
                 int32_t *to) {
  const aot_window_t *k = &l->shape.window;
  const int32_t step = k->dilation_w * (int32_t)l->shape.channels, outside = OUTSIDE(l);
  const int32_t left = x * k->stride_w - k->pad_left, *const end = to + l->taps * lanes;
  int32_t row = y * k->stride_h - k->pad_top;
  for (uint32_t ky = k->h; ky > 0; --ky, row += k->dilation_h) {
    const bool within = row >= 0 && row < l->shape.in_h;
    int32_t column = left, place = PLACE(input, (row * l->shape.in_w + left) * l->shape.channels);
    for (uint32_t kx = k->w; kx > 0; --kx, column += k->dilation_w, place += step, to += lanes) {
      *to = within && column >= 0 && column < l->shape.in_w ? place : outside;
    }
  }
  for (; to != end; to += lanes) *to = PLACE(input, 0);
}

#if AOT_HAS_ARMV6M
#define WEIGHT(tap) "ldrb r4, [r6, #" #tap "]\nsxtb r4, r4\n"
#define LANE(x, sum)           \
  "ldrsb " x ", [" x ", r7]\n" \
  "muls " x ", r4, " x "\n"    \
  "add " sum ", " x "\n"
#define FOUR(tap) \
  "ldmia r5!, {r0-r3}\n" WEIGHT(tap) LANE("r0", "r8") LANE("r1", "r9") LANE("r2", "r10") LANE("r3", "r11")
#define BEGIN(rest)                      \
  AOT_ARMV6M_BEGIN                       \
  "ldr r6, " AOT_ARMV6M_STREAM "\n"      \
  "ldmia r6!, {r4, r5}\n"                \
  "asrs r4, r4, #5\n"                    \
  "mov r8, r4\n" rest                    \
  "ldr r5, " AOT_ARMV6M_TAPS "\n"        \
  "ldr r4, " AOT_ARMV6M_STEPS "\n"       \
  "adds r4, r4, r5\n"                    \
  "mov lr, r4\n"                         \
  "ldr r7, " AOT_ARMV6M_CHANNEL "\n"     \
  "2:\n"
#define TURN                             \
  "adds r6, #3\n"                        \
  "cmp r5, lr\n"                         \
  "bne 2b\n"                             \
  "adds r7, #1\n"                        \
  "str r7, " AOT_ARMV6M_CHANNEL "\n"     \
  "ldr r4, " AOT_ARMV6M_HIGH "\n"        \
  "mov lr, r4\n"

/* All channels at four positions. */
AOT_ARMV6M_FUNCTION four(aot_armv6m_t *r __attribute__((unused))) {
  __asm__ volatile(BEGIN("mov r9, r4\nmov r10, r4\nmov r11, r4\n") FOUR(0) FOUR(1) FOUR(2) TURN
                       AOT_ARMV6M_SCALE_FOUR AOT_ARMV6M_END);
}

/* All channels at one position. */
AOT_ARMV6M_FUNCTION one(aot_armv6m_t *r __attribute__((unused))) {
  __asm__ volatile(BEGIN("") "ldmia r5!, {r0-r2}\n" WEIGHT(0) LANE("r0", "r8") WEIGHT(1) LANE("r1", "r8")
                       WEIGHT(2) LANE("r2", "r8") TURN AOT_ARMV6M_SCALE_ONE AOT_ARMV6M_END);
}
#else
static void channels(aot_armv6m_t *r, const aot_depthwise_armv6m_t *l, const int8_t *input, uint32_t lanes) {
  for (uint32_t channel = 0; r->stream != r->end; ++channel, r->stream += r->words / 4, ++r->output) {
    const aot_armv6m_channel_t c = aot_armv6m_channel(r);
    const int8_t *weights = (const int8_t *)(r->stream + 2);
    int32_t sums[4] = {c.bias, c.bias, c.bias, c.bias};
    for (uint32_t t = 0; t < l->taps; ++t) {
      for (uint32_t lane = 0; lane < lanes; ++lane) {
        const int32_t place = r->taps[t * lanes + lane];
        sums[lane] += weights[t] * (place == INT32_MIN ? l->outside[channel] : input[place + (int32_t)channel]);
      }
    }
    /* Written last: the output may lie in what four positions have read. */
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      r->output[lane * r->stride] = aot_armv6m_scaled(r, &c, sums[lane]);
    }
  }
}

#define four(r) channels(r, l, input, 4)
#define one(r) channels(r, l, input, 1)
#endif

void aot_depthwise_armv6m(const aot_depthwise_armv6m_t *l, const int8_t *input, int32_t *places,
                          int8_t *output) {
  const aot_channelwise_shape_t *s = &l->shape;
  const uint32_t words = 2u + (l->taps + 3u) / 4u;
  aot_armv6m_t r = {.taps = places,
                    .stride = s->channels,
                    .zero = 2 * l->output_zero + 1,
                    .end = l->stream + words * s->channels,
                    .words = 4 * words,
                    .low = l->low,
                    .high = l->high};
  int32_t y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const uint32_t lanes = left < 4 ? 1 : 4, count = lanes * s->channels;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      find(l, input, y, x, lanes, places + lane);
      if (++x == s->out_w) {
        x = 0;
        ++y;
      }
    }
    r.steps = 4u * l->taps * lanes;
    r.stream = l->stream;
    r.channel = 0;
    r.output = output;
    if (lanes == 4) {
      four(&r);
    } else {
      one(&r);
    }
    for (uint32_t i = 0; l->table != NULL && i < count; ++i) output[i] = l->table[128 + output[i]];
    output += count;
    left -= lanes;
  }
}
