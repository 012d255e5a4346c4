#include "aot_armv6m.h"

#if AOT_HAS_ARMV6M
#include "aot_armv6m_steps.h"

/* Four positions' products with the weight of one tap. */
#define FOUR(tap)        \
  "ldmia r5!, {r0-r3}\n" \
  "ldrb r4, [r6, #" #tap \
  "]\n"                  \
  "muls r0, r4, r0\n"    \
  "muls r1, r4, r1\n"    \
  "muls r2, r4, r2\n"    \
  "muls r3, r4, r3\n"    \
  "add r8, r0\n"         \
  "add r9, r1\n"         \
  "add r10, r2\n"        \
  "add r11, r3\n"

/* The same where they are bytes. */
#define BYTE(tap, lane, sum)             \
  "ldrb r0, [r5, #4 * " #tap " + " #lane \
  "]\n"                                  \
  "muls r0, r4, r0\n"                    \
  "add " sum ", r0\n"
#define FOUR_BYTES(tap) \
  "ldrb r4, [r6, #" #tap "]\n" BYTE(tap, 0, "r8") BYTE(tap, 1, "r9") BYTE(tap, 2, "r10") BYTE(tap, 3, "r11")

/* One position's with the weights of four channels. */
#define ONE(tap)                                                                         \
  "ldrb r4, [r5, #" #tap "]\n" ONE_CHANNEL(tap, "r0", "r8") ONE_CHANNEL(tap, "r1", "r9") \
      ONE_CHANNEL(tap, "r2", "r10") ONE_CHANNEL(tap, "r3", "r11")
#define ONE_CHANNEL(tap, weights, sum) \
  "ldrb r6, [" weights ", #" #tap      \
  "]\n"                                \
  "muls r6, r4, r6\n"                  \
  "add " sum ", r6\n"

/* The next channel's part of the stream; the last one's again if there is none. */
#define NEXT(to, from) \
  "adds " to ", " from \
  ", r4\n"             \
  "cmp " to            \
  ", r6\n"             \
  "blo 2f\n"           \
  "movs " to ", " from \
  "\n"                 \
  "2:\n"

/* What a channel's sum begins from, r7 beside its bias; then where its weights are. */
#define BEGINS(channel, sum) \
  "ldmia " channel           \
  "!, {r4, r6}\n"            \
  "asrs r4, r4, #5\n"        \
  "adds r4, r4, r7\n"        \
  "mov " sum ", r4\n"

/* The same where x says where to read. */
#define WEIGHT(tap) "ldrb r4, [r6, #" #tap "]\nsxtb r4, r4\n"
#define READ(x, sum)   \
  "ldrsb " x ", [" x   \
  ", r7]\n"            \
  "muls " x ", r4, " x \
  "\n"                 \
  "add " sum ", " x "\n"
#define READ_FOUR(tap) \
  "ldmia r5!, {r0-r3}\n" WEIGHT(tap) READ("r0", "r8") READ("r1", "r9") READ("r2", "r10") READ("r3", "r11")

/* r4 begins as the channel's bias, and r6 as where its weights are. */
#define CHANNEL_BEGINS    \
  "ldr r6, " STREAM       \
  "\n"                    \
  "ldmia r6!, {r4, r5}\n" \
  "asrs r4, r4, #5\n"

/* The sums of four positions, and r5 over the taps, r7 turns. */
#define FOUR_BEGIN       \
  CHANNEL_BEGINS         \
  "add r7, sp, #32\n"    \
  "ldmia r7!, {r0-r3}\n" \
  "adds r0, r0, r4\n"    \
  "adds r1, r1, r4\n"    \
  "adds r2, r2, r4\n"    \
  "adds r3, r3, r4\n"    \
  "mov r8, r0\n"         \
  "mov r9, r1\n"         \
  "mov r10, r2\n"        \
  "mov r11, r3\n"        \
  "ldr r5, " TAPS        \
  "\n"                   \
  "ldr r7, " STEPS       \
  "\n"                   \
  "2:\n"

/* r5 goes over the taps up to lr, r7 is the channel; after that lr is the upper clamp again. */
#define DEPTHWISE_BEGINS \
  "ldr r5, " TAPS        \
  "\n"                   \
  "ldr r4, " STEPS       \
  "\n"                   \
  "adds r4, r4, r5\n"    \
  "mov lr, r4\n"         \
  "ldr r7, " CHANNEL     \
  "\n"                   \
  "2:\n"
#define DEPTHWISE_ENDS \
  "adds r6, #3\n"      \
  "cmp r5, lr\n"       \
  "bne 2b\n"           \
  "adds r7, #1\n"      \
  "str r7, " CHANNEL   \
  "\n"                 \
  "ldr r4, " HIGH      \
  "\n"                 \
  "mov lr, r4\n"

#define GO_ON "ldr r4, " SETTLE "\nbx r4\n"
#define SUMS_OF(name)                                                     \
  AOT_ASSEMBLY void name(const aot_armv6m_t *run __attribute__((unused)), \
                         const uint32_t *stream __attribute__((unused)),  \
                         uint32_t channel __attribute__((unused)), int32_t *sums __attribute__((unused)))

/* Gone through from aot_armv6m_four() and _one(), not called: parameters are on their stack. */
SUMS_OF(aot_armv6m_words) {
  __asm__ volatile(".syntax unified\n" FOUR_BEGIN FOUR(0) FOUR(1) FOUR(2) FOUR(3) FOUR(4) FOUR(5) FOUR(
      6) FOUR(7) "adds r6, #8\n"
                 "subs r7, #1\n"
                 "bne 2b\n" GO_ON);
}

/* The same on bytes. */
SUMS_OF(aot_armv6m_bytes) {
  __asm__ volatile(".syntax unified\n" FOUR_BEGIN FOUR_BYTES(0) FOUR_BYTES(1) FOUR_BYTES(2) FOUR_BYTES(3) FOUR_BYTES(4) FOUR_BYTES(5) FOUR_BYTES(
      6) FOUR_BYTES(7) "adds r5, #32\n"
                       "adds r6, #8\n"
                       "subs r7, #1\n"
                       "bne 2b\n" GO_ON);
}

/* Four channels at one position; three are kept. */
SUMS_OF(aot_armv6m_products) {
  __asm__ volatile(".syntax unified\n" "ldr r0, " STREAM "\n"
      "ldr r4, " WORDS "\n"
      "ldr r6, " STREAM_END "\n" NEXT("r1", "r0") NEXT("r2", "r1") NEXT("r3", "r2")
      "ldr r7, " START "\n" BEGINS("r0", "r8") BEGINS("r1", "r9") BEGINS("r2", "r10") BEGINS("r3", "r11")
      "ldr r5, " TAPS "\n"
      "ldr r7, " STEPS "\n"
      "2:\n" ONE(0) ONE(1) ONE(2) ONE(3) ONE(4) ONE(5) ONE(6) ONE(7)
      "adds r0, #8\n"
      "adds r1, #8\n"
      "adds r2, #8\n"
      "adds r3, #8\n"
      "adds r5, #8\n"
      "subs r7, #1\n"
      "bne 2b\n"
      "add r0, sp, #80\n"
      "mov r1, r11\n"
      "mov r2, r10\n"
      "mov r3, r9\n"
      "stmia r0!, {r1-r3}\n"
      "movs r4, #3\n"
      "str r4, " KEPT "\n"
      GO_ON);
}

/* One depthwise channel at four positions. */
SUMS_OF(aot_armv6m_places) {
  __asm__ volatile(".syntax unified\n" CHANNEL_BEGINS
                   "mov r8, r4\n"
                   "mov r9, r4\n"
                   "mov r10, r4\n"
                   "mov r11, r4\n" DEPTHWISE_BEGINS READ_FOUR(0) READ_FOUR(1) READ_FOUR(2)
                       DEPTHWISE_ENDS GO_ON);
}

/* And at one. */
SUMS_OF(aot_armv6m_place) {
  __asm__ volatile(".syntax unified\n" CHANNEL_BEGINS "mov r8, r4\n" DEPTHWISE_BEGINS
                   "ldmia r5!, {r0-r2}\n" WEIGHT(0) READ("r0", "r8") WEIGHT(1) READ("r1", "r8") WEIGHT(2)
                       READ("r2", "r8") DEPTHWISE_ENDS GO_ON);
}
#else
#define BIAS(stream) ((uint32_t)((int32_t)(stream)[0] >> 5))

/* Products of `positions` windows, `size` bytes a tap. */
static void products(const aot_armv6m_t *r, const uint32_t *stream, uint32_t positions, uint32_t size,
                     int32_t *sums) {
  const uint8_t *weights = (const uint8_t *)(stream + 2), *taps = (const uint8_t *)r->taps;
  for (uint32_t i = 0; i < positions; ++i) {
    uint32_t sum = BIAS(stream) + (uint32_t)r->start[i];
    for (uint32_t t = 0; t < 8 * r->steps; ++t)
      sum += (uint32_t)taps[(t * positions + i) * size] * weights[t];
    sums[i] = (int32_t)sum;
  }
}

/* A depthwise channel at `positions`. */
static void read(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, uint32_t positions,
                 int32_t *sums) {
  const int8_t *weights = (const int8_t *)(stream + 2);
  const int32_t *places = (const int32_t *)r->taps;
  for (uint32_t i = 0; i < positions; ++i) {
    uint32_t sum = BIAS(stream);
    for (uint32_t t = 0; t < r->steps / (4 * positions); ++t) {
      const int32_t place = places[t * positions + i];
      const int8_t x = place == INT32_MIN ? r->outside[channel] : r->input[place + (int32_t)channel];
      sum += (uint32_t)(x * weights[t]);
    }
    sums[i] = (int32_t)sum;
  }
}

void aot_armv6m_words(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, int32_t *sums) {
  (void)channel;
  products(r, stream, 4, 4, sums);
}

void aot_armv6m_bytes(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, int32_t *sums) {
  (void)channel;
  products(r, stream, 4, 1, sums);
}

void aot_armv6m_products(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, int32_t *sums) {
  (void)channel;
  products(r, stream, 1, 1, sums);
}

void aot_armv6m_places(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, int32_t *sums) {
  read(r, stream, channel, 4, sums);
}

void aot_armv6m_place(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, int32_t *sums) {
  read(r, stream, channel, 1, sums);
}
#endif

void aot_armv6m_by_words(const aot_armv6m_t *run) { aot_armv6m_four(run, aot_armv6m_words); }

void aot_armv6m_by_bytes(const aot_armv6m_t *run) { aot_armv6m_four(run, aot_armv6m_bytes); }
