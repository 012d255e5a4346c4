#include "aot_armv6m.h"

#if AOT_HAS_ARMV6M
#include "aot_armv6m_steps.h"

/* The parameters are copied to the stack; r12 and lr hold the clamp. */
__attribute__((naked)) void aot_armv6m_channels(const aot_armv6m_t *run __attribute__((unused))) {
  __asm__ volatile(
      ".syntax unified\n"
      "push {r4-r7, lr}\n"
      "mov r4, r8\n"
      "mov r5, r9\n"
      "mov r6, r10\n"
      "mov r7, r11\n"
      "push {r4-r7}\n"
      "sub sp, #88\n"
      "mov r7, sp\n"
      "ldmia r0!, {r1-r6}\n"
      "stmia r7!, {r1-r6}\n"
      "ldmia r0!, {r1-r6}\n"
      "stmia r7!, {r1-r6}\n"
      "ldmia r0!, {r1-r4}\n"
      "stmia r7!, {r1-r3}\n"
      "mov r12, r2\n"
      "mov lr, r3\n"
      /* r4 is the kind. */
      "lsls r4, r4, #2\n"
      "adr r1, 10f\n"
      "ldr r4, [r1, r4]\n"
      "adds r4, r4, r1\n"
      /* 2 * zero + 1 against 2 * low: a ReLU's clamp begins at its zero point. */
      "adds r2, r2, r2\n"
      "adds r2, #1\n"
      "ldr r3, " ZERO "\n"
      "movs r5, #20\n"
      "cmp r2, r3\n"
      "beq 2f\n"
      "movs r5, #24\n"
      "2: ldr r5, [r1, r5]\n"
      "adds r5, r5, r1\n"
      "movs r6, #0\n"
      "stmia r7!, {r4-r6}\n"
      "6: ldr r4, " SUMS "\n"
      "mov pc, r4\n"
      ".align 2\n"
      "10: .word 11f - 10b, 18f - 10b, 12f - 10b, 13f - 10b, 14f - 10b, 15f - 10b, 16f - 10b\n"

      "11:\n" FOUR_BEGIN FOUR(0) FOUR(1) FOUR(2) FOUR(3) FOUR(4) FOUR(5) FOUR(6) FOUR(7)
      "adds r6, #8\n"
      "subs r7, #1\n"
      "bne 2b\n"
      "b 7f\n"

      "18:\n" FOUR_BEGIN FOUR_BYTES(0) FOUR_BYTES(1) FOUR_BYTES(2) FOUR_BYTES(3) FOUR_BYTES(4) FOUR_BYTES(5)
      FOUR_BYTES(6) FOUR_BYTES(7)
      "adds r5, #32\n"
      "adds r6, #8\n"
      "subs r7, #1\n"
      "bne 2b\n"
      "b 7f\n"

      "12: ldr r0, " STREAM "\n"
      "ldr r4, " WORDS "\n"
      "ldr r6, " END "\n" NEXT("r1", "r0") NEXT("r2", "r1") NEXT("r3", "r2")
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
      "add r0, sp, #76\n"
      "mov r1, r11\n"
      "mov r2, r10\n"
      "mov r3, r9\n"
      "stmia r0!, {r1-r3}\n"
      "movs r4, #3\n"
      "str r4, " KEPT "\n"
      "b 7f\n"

      "13:\n" CHANNEL_BEGINS
      "mov r8, r4\n"
      "mov r9, r4\n"
      "mov r10, r4\n"
      "mov r11, r4\n" DEPTHWISE_BEGINS READ_FOUR(0) READ_FOUR(1) READ_FOUR(2) DEPTHWISE_ENDS
      "b 7f\n"

      "14:\n" CHANNEL_BEGINS
      "mov r8, r4\n" DEPTHWISE_BEGINS
      "ldmia r5!, {r0-r2}\n" WEIGHT(0) READ("r0", "r8") WEIGHT(1) READ("r1", "r8") WEIGHT(2) READ("r2", "r8")
      DEPTHWISE_ENDS

      /* r1-r3: the multiplier's parts; r6: twice the offset, and 1; r7: the shift; r0: where the output goes. */
      "7: ldr r4, " STREAM "\n"
      "ldr r0, " WORDS "\n"
      "adds r0, r0, r4\n"
      "str r0, " STREAM "\n"
      "ldmia r4!, {r5, r6}\n"
      "lsrs r3, r6, #20\n"
      "lsls r2, r6, #12\n"
      "lsrs r2, r2, #22\n"
      "lsls r1, r6, #22\n"
      "lsrs r1, r1, #22\n"
      "lsls r7, r5, #27\n"
      "lsrs r7, r7, #27\n"
      "ldr r6, " ZERO "\n"
      "lsls r6, r7\n"
      "adds r6, #1\n"
      "ldr r0, " OUTPUT "\n"
      "adds r5, r0, #1\n"
      "str r5, " OUTPUT "\n"
      "ldr r4, " SCALE "\n"
      "mov pc, r4\n"

      ".align 2\n"
      "15: adds r7, #1\n" SCALE_ALL(SCALE_RELU)
      "b 9f\n"
      ".align 2\n"
      "16:\n" SCALE_ALL(SCALE_ANY)
      "b 9f\n"

      /* The sum that is next, if one is kept and there is a channel for it. */
      "17: ldr r4, " KEPT "\n"
      "subs r4, #1\n"
      "bmi 9f\n"
      "str r4, " KEPT "\n"
      "ldr r6, " STREAM "\n"
      "ldr r5, " END "\n"
      "cmp r6, r5\n"
      "beq 8f\n"
      "lsls r4, r4, #2\n"
      "add r5, sp, #76\n"
      "ldr r5, [r5, r4]\n"
      "mov r8, r5\n"
      "b 7b\n"

      "9: ldr r6, " STREAM "\n"
      "ldr r5, " END "\n"
      "cmp r6, r5\n"
      "beq 8f\n"
      "b 6b\n"
      "8: add sp, #88\n"
      "pop {r4-r7}\n"
      "mov r8, r4\n"
      "mov r9, r5\n"
      "mov r10, r6\n"
      "mov r11, r7\n"
      "pop {r4-r7, pc}\n");
}
#else
/* What lies at a tap of a position. */
static int32_t tap_at(const aot_armv6m_t *r, uint32_t tap, uint32_t lane, uint32_t lanes, uint32_t channel) {
  const uint32_t at = tap * lanes + lane;
  if (r->kind == AOT_ARMV6M_WORDS) return ((const int32_t *)r->taps)[at];
  if (r->kind < AOT_ARMV6M_PLACES) return ((const uint8_t *)r->taps)[at];
  const int32_t place = ((const int32_t *)r->taps)[at];
  return place == INT32_MIN ? r->outside[channel] : r->input[place + (int32_t)channel];
}

/* One position's sum of one channel. */
static int32_t sum_of(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, uint32_t lane) {
  const uint32_t lanes = r->stride > 0 ? 4 : 1;
  const bool products = r->kind < AOT_ARMV6M_PLACES;
  const uint32_t taps = products ? 8 * r->steps : r->steps / (4 * lanes);
  const uint8_t *weights = (const uint8_t *)(stream + 2);
  uint32_t sum = (uint32_t)((int32_t)stream[0] >> 5) + (products ? (uint32_t)r->start[lane] : 0);
  for (uint32_t t = 0; t < taps; ++t) {
    const int32_t weight = products ? weights[t] : (int8_t)weights[t];
    sum += (uint32_t)(tap_at(r, t, lane, lanes, channel) * weight);
  }
  return (int32_t)sum;
}

/* The sum scaled and clamped, by the assembly's steps. */
static int8_t scaled(const aot_armv6m_t *r, const uint32_t *stream, int32_t sum) {
  if (((sum < 0 ? ~sum : sum) >> 20) != 0) return (int8_t)(sum < 0 ? r->low : r->high);
  const int32_t multiplier = (int32_t)stream[1], shift = (int32_t)stream[0] & 31;
  const int32_t offset = (int32_t)((uint32_t)r->zero << (shift - 1));
  const int32_t lowest = (sum * (multiplier & 1023)) >> 10;
  const int32_t lower = (lowest + sum * (multiplier >> 10 & 1023)) >> 10;
  const int32_t whole = (((lower + sum * (multiplier >> 20)) >> 10) + 1) >> 1;
  return (int8_t)aot_clamp((whole + offset + (sum >> 31)) >> shift, r->low, r->high);
}

void aot_armv6m_channels(const aot_armv6m_t *r) {
  const uint32_t lanes = r->stride > 0 ? 4 : 1;
  int8_t *output = r->output;
  uint32_t channel = r->channel;
  for (const uint32_t *stream = r->stream; stream != r->end; stream += r->words / 4, ++output, ++channel) {
    int32_t sums[4];
    for (uint32_t lane = 0; lane < lanes; ++lane) sums[lane] = sum_of(r, stream, channel, lane);
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      const bool cut = sums[lane] < 0 && 2 * r->low + 1 == r->zero;
      output[lane * r->stride] = cut ? (int8_t)r->low : scaled(r, stream, sums[lane]);
    }
  }
}
#endif
