#include "aot_gemm_armv6m.h"

/* The window that begins at (row, column) into a lane of the patch, and the sum of its taps. */
static int32_t gather(const aot_gemm_armv6m_t *l, const int8_t *input, int32_t row, int32_t column,
                      uint32_t lanes, int32_t *to) {
  const aot_tile_shape_t *s = &l->shape;
  const int32_t width = (int32_t)s->in_w * s->in_c, first = column * s->in_c;
  const bool across = first >= 0 && first + l->run <= width;
  const int32_t *end = to + l->taps * lanes;
  int32_t sum = 0;
  for (uint32_t ky = s->kernel_h; ky > 0; --ky, row += s->dilation_h) {
    const int8_t *from = input + row * width + first;
    const bool within = row >= 0 && row < s->in_h;
    if (within && across) {
      const int8_t *last = from + l->run;
      for (; from + 4 <= last; from += 4, to += 4 * lanes) {
        const int32_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[lanes] = b;
        to[2 * lanes] = c;
        to[3 * lanes] = d;
        sum += a + b + c + d;
      }
      for (; from != last; to += lanes) {
        *to = *from++;
        sum += *to;
      }
      continue;
    }
    for (int32_t k = first; k < first + l->run; ++k, to += lanes) {
      *to = within && k >= 0 && k < width ? input[row * width + k] : l->input_zero;
      sum += *to;
    }
  }
  for (; to != end; to += lanes) *to = 0;
  return sum;
}

#if AOT_HAS_ARMV6M
#define FOUR(tap)                \
  "ldmia r5!, {r0-r3}\n"         \
  "ldrb r4, [r6, #" #tap "]\n"   \
  "muls r0, r4, r0\n"            \
  "muls r1, r4, r1\n"            \
  "muls r2, r4, r2\n"            \
  "muls r3, r4, r3\n"            \
  "add r8, r0\n"                 \
  "add r9, r1\n"                 \
  "add r10, r2\n"                \
  "add r11, r3\n"

/* All channels at four positions. */
AOT_ARMV6M_FUNCTION four(aot_armv6m_t *r __attribute__((unused))) {
  __asm__ volatile(AOT_ARMV6M_BEGIN
                   "ldr r6, " AOT_ARMV6M_STREAM "\n"
                   "ldmia r6!, {r4, r5}\n"
                   "asrs r4, r4, #5\n"
                   "add r7, sp, #" AOT_ARMV6M_START "\n"
                   "ldmia r7!, {r0-r3}\n"
                   "adds r0, r0, r4\n"
                   "adds r1, r1, r4\n"
                   "adds r2, r2, r4\n"
                   "adds r3, r3, r4\n"
                   "mov r8, r0\n"
                   "mov r9, r1\n"
                   "mov r10, r2\n"
                   "mov r11, r3\n"
                   "ldr r5, " AOT_ARMV6M_TAPS "\n"
                   "ldr r7, " AOT_ARMV6M_STEPS "\n"
                   "2:\n" FOUR(0) FOUR(1) FOUR(2) FOUR(3) FOUR(4) FOUR(5) FOUR(6) FOUR(7)
                   "adds r6, #8\n"
                   "subs r7, #1\n"
                   "bne 2b\n" AOT_ARMV6M_SCALE_FOUR AOT_ARMV6M_END);
}

#define ONE(tap, x)              \
  "ldrb r4, [r6, #" #tap "]\n"   \
  "muls " x ", r4, " x "\n"      \
  "add r8, " x "\n"

/* All channels at one position. */
AOT_ARMV6M_FUNCTION one(aot_armv6m_t *r __attribute__((unused))) {
  __asm__ volatile(AOT_ARMV6M_BEGIN
                   "ldr r6, " AOT_ARMV6M_STREAM "\n"
                   "ldmia r6!, {r4, r5}\n"
                   "asrs r4, r4, #5\n"
                   "ldr r0, [sp, #" AOT_ARMV6M_START "]\n"
                   "adds r0, r0, r4\n"
                   "mov r8, r0\n"
                   "ldr r5, " AOT_ARMV6M_TAPS "\n"
                   "ldr r7, " AOT_ARMV6M_STEPS "\n"
                   "2: ldmia r5!, {r0-r3}\n" ONE(0, "r0") ONE(1, "r1") ONE(2, "r2") ONE(3, "r3")
                   "ldmia r5!, {r0-r3}\n" ONE(4, "r0") ONE(5, "r1") ONE(6, "r2") ONE(7, "r3")
                   "adds r6, #8\n"
                   "subs r7, #1\n"
                   "bne 2b\n" AOT_ARMV6M_SCALE_ONE AOT_ARMV6M_END);
}
#else
static void channels(aot_armv6m_t *r, uint32_t lanes) {
  for (; r->stream != r->end; r->stream += r->words / 4, ++r->output) {
    const aot_armv6m_channel_t c = aot_armv6m_channel(r);
    const uint8_t *weights = (const uint8_t *)(r->stream + 2);
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      uint32_t sum = (uint32_t)r->start[lane] + (uint32_t)c.bias;
      for (uint32_t t = 0; t < 8 * r->steps; ++t) sum += (uint32_t)(r->taps[t * lanes + lane] * weights[t]);
      r->output[lane * r->stride] = aot_armv6m_scaled(r, &c, (int32_t)sum);
    }
  }
}

static void four(aot_armv6m_t *r) { channels(r, 4); }
static void one(aot_armv6m_t *r) { channels(r, 1); }
#endif

void aot_gemm_armv6m(const aot_gemm_armv6m_t *l, const int8_t *input, int32_t *patch, int8_t *output) {
  const aot_tile_shape_t *s = &l->shape;
  const uint32_t words = 2u + l->taps / 4u;
  aot_armv6m_t r = {.taps = patch,
                    .stream = l->stream,
                    .stride = s->out_c,
                    .steps = l->taps / 8u,
                    .zero = 2 * l->output_zero + 1,
                    .end = l->stream + words * s->out_c,
                    .words = 4 * words,
                    .low = l->low,
                    .high = l->high};
  int32_t y = 0, x = 0;
  for (uint32_t left = (uint32_t)s->out_h * s->out_w; left > 0;) {
    const uint32_t lanes = left < 4 ? 1 : 4;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      const int32_t row = y * s->stride_h - s->pad_top, column = x * s->stride_w - s->pad_left;
      r.start[lane] = -128 * gather(l, input, row, column, lanes, patch + lane);
      if (++x == s->out_w) {
        x = 0;
        ++y;
      }
    }
    r.stream = l->stream;
    r.output = output;
    (lanes == 4 ? four : one)(&r);
    left -= lanes;
    const uint32_t count = lanes * s->out_c;
    for (uint32_t i = 0; l->table != NULL && i < count; ++i) output[i] = l->table[128 + output[i]];
    output += count;
  }
}
