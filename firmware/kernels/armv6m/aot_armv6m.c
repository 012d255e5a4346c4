#include "aot_armv6m.h"

#if AOT_HAS_ARMV6M
#define TAPS "[sp, #0]"
#define STREAM "[sp, #4]"
#define OUTPUT "[sp, #8]"
#define STRIDE "[sp, #12]"
#define STEPS "[sp, #16]"
#define ZERO "[sp, #20]"
#define END "[sp, #24]"
#define WORDS "[sp, #28]"
#define START "[sp, #32]"
#define CHANNEL "[sp, #48]"
#define LOW "[sp, #52]"
#define HIGH "[sp, #56]"
#define SUMS "[sp, #60]"  /* where the sums are computed */
#define SCALE "[sp, #64]" /* and where they are scaled */

/* Four positions' products with the weight of one tap. */
#define FOUR(tap)              \
  "ldmia r5!, {r0-r3}\n"       \
  "ldrb r4, [r6, #" #tap "]\n" \
  "muls r0, r4, r0\n"          \
  "muls r1, r4, r1\n"          \
  "muls r2, r4, r2\n"          \
  "muls r3, r4, r3\n"          \
  "add r8, r0\n"               \
  "add r9, r1\n"               \
  "add r10, r2\n"              \
  "add r11, r3\n"

/* One position's. */
#define ONE(tap, x)            \
  "ldrb r4, [r6, #" #tap "]\n" \
  "muls " x ", r4, " x "\n"    \
  "add r8, " x "\n"

/* The same where x says where to read. */
#define WEIGHT(tap) "ldrb r4, [r6, #" #tap "]\nsxtb r4, r4\n"
#define READ(x, sum)           \
  "ldrsb " x ", [" x ", r7]\n" \
  "muls " x ", r4, " x "\n"    \
  "add " sum ", " x "\n"
#define READ_FOUR(tap) \
  "ldmia r5!, {r0-r3}\n" WEIGHT(tap) READ("r0", "r8") READ("r1", "r9") READ("r2", "r10") READ("r3", "r11")

/* r4 begins as the channel's bias, and r6 as where its weights are. */
#define CHANNEL_BEGINS   \
  "ldr r6, " STREAM "\n" \
  "ldmia r6!, {r4, r5}\n" \
  "asrs r4, r4, #5\n"

/* r5 goes over the taps up to lr, r7 is the channel; after that lr is the upper clamp again. */
#define DEPTHWISE_BEGINS  \
  "ldr r5, " TAPS "\n"    \
  "ldr r4, " STEPS "\n"   \
  "adds r4, r4, r5\n"     \
  "mov lr, r4\n"          \
  "ldr r7, " CHANNEL "\n" \
  "2:\n"
#define DEPTHWISE_ENDS    \
  "adds r6, #3\n"         \
  "cmp r5, lr\n"          \
  "bne 2b\n"              \
  "adds r7, #1\n"         \
  "str r7, " CHANNEL "\n" \
  "ldr r4, " HIGH "\n"    \
  "mov lr, r4\n"

/* r5: the sum r4 times the multiplier, / 2^30, and twice the offset. */
#define MULTIPLY        \
  "muls r5, r1, r5\n"   \
  "asrs r5, r5, #10\n"  \
  "movs r6, r4\n"       \
  "muls r6, r2, r6\n"   \
  "adds r5, r5, r6\n"   \
  "asrs r5, r5, #10\n"  \
  "movs r6, r4\n"       \
  "muls r6, r3, r6\n"   \
  "adds r5, r5, r6\n"   \
  "asrs r5, r5, #10\n"  \
  "add r5, r8\n"
#define STORE           \
  "cmp r5, lr\n"        \
  "ble 4f\n"            \
  "mov r5, lr\n"        \
  "4: strb r5, [r0]\n"
#define SCALE_ANY       \
  "asrs r6, r4, #31\n"  \
  "eors r6, r4\n"       \
  "lsrs r6, r6, #20\n"  \
  "beq 2f\n"            \
  "mov r5, lr\n"        \
  "cmp r4, #0\n"        \
  "bpl 4f\n"            \
  "mov r5, r12\n"       \
  "b 4f\n"              \
  "2: movs r5, r4\n"    \
  MULTIPLY              \
  "asrs r5, r5, #1\n"   \
  "asrs r4, r4, #31\n"  \
  "adds r5, r5, r4\n"   \
  "asrs r5, r7\n"       \
  "cmp r5, r12\n"       \
  "bge 3f\n"            \
  "mov r5, r12\n"       \
  "3:\n"                \
  STORE
#define SCALE_RELU      \
  "movs r5, r4\n"       \
  "bpl 3f\n"            \
  "mov r5, r12\n"       \
  "b 4f\n"              \
  "3: lsrs r6, r4, #20\n" \
  "beq 2f\n"            \
  "mov r5, lr\n"        \
  "b 4f\n"              \
  "2:\n"                \
  MULTIPLY              \
  "asrs r5, r7\n"       \
  STORE
/* Sums of 2^20 and more are clamped without being scaled. The sum of r8, and those of r9-r11 if there are four positions. */
#define SCALE_ALL(scale)  \
  "mov r4, r8\n"          \
  "mov r8, r6\n" scale    \
  "ldr r6, " STRIDE "\n"  \
  "cmp r6, #0\n"          \
  "bne 5f\n"              \
  "b 9f\n"                \
  "5: mov r4, r9\n"       \
  "mov r9, r6\n"          \
  "add r0, r9\n" scale    \
  "mov r4, r10\n"         \
  "add r0, r9\n" scale    \
  "mov r4, r11\n"         \
  "add r0, r9\n" scale

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
      "sub sp, #68\n"
      "mov r7, sp\n"
      "ldmia r0!, {r1-r6}\n"
      "stmia r7!, {r1-r6}\n"
      "ldmia r0!, {r1-r6}\n"
      "stmia r7!, {r1-r6}\n"
      "ldmia r0!, {r1-r4}\n"
      "stmia r7!, {r1-r3}\n"
      "mov r12, r2\n"
      "mov lr, r3\n"
      /* r4 is the kind: twice that, and one if there is one position, is where the sums are computed. */
      "lsls r4, r4, #3\n"
      "ldr r5, " STRIDE "\n"
      "cmp r5, #0\n"
      "bne 1f\n"
      "adds r4, #4\n"
      "1: adr r1, 10f\n"
      "ldr r4, [r1, r4]\n"
      "adds r4, r4, r1\n"
      /* 2 * zero + 1 against 2 * low: a ReLU's clamp begins at its zero point. */
      "adds r2, r2, r2\n"
      "adds r2, #1\n"
      "ldr r3, " ZERO "\n"
      "movs r5, #16\n"
      "cmp r2, r3\n"
      "beq 2f\n"
      "movs r5, #20\n"
      "2: ldr r5, [r1, r5]\n"
      "adds r5, r5, r1\n"
      "stmia r7!, {r4, r5}\n"
      "6: ldr r4, " SUMS "\n"
      "mov pc, r4\n"
      ".align 2\n"
      "10: .word 11f - 10b, 12f - 10b, 13f - 10b, 14f - 10b, 15f - 10b, 16f - 10b\n"

      "11:\n" CHANNEL_BEGINS
      "add r7, sp, #32\n"
      "ldmia r7!, {r0-r3}\n"
      "adds r0, r0, r4\n"
      "adds r1, r1, r4\n"
      "adds r2, r2, r4\n"
      "adds r3, r3, r4\n"
      "mov r8, r0\n"
      "mov r9, r1\n"
      "mov r10, r2\n"
      "mov r11, r3\n"
      "ldr r5, " TAPS "\n"
      "ldr r7, " STEPS "\n"
      "2:\n" FOUR(0) FOUR(1) FOUR(2) FOUR(3) FOUR(4) FOUR(5) FOUR(6) FOUR(7)
      "adds r6, #8\n"
      "subs r7, #1\n"
      "bne 2b\n"
      "b 7f\n"

      "12:\n" CHANNEL_BEGINS
      "ldr r0, " START "\n"
      "adds r0, r0, r4\n"
      "mov r8, r0\n"
      "ldr r5, " TAPS "\n"
      "ldr r7, " STEPS "\n"
      "2: ldmia r5!, {r0-r3}\n" ONE(0, "r0") ONE(1, "r1") ONE(2, "r2") ONE(3, "r3")
      "ldmia r5!, {r0-r3}\n" ONE(4, "r0") ONE(5, "r1") ONE(6, "r2") ONE(7, "r3")
      "adds r6, #8\n"
      "subs r7, #1\n"
      "bne 2b\n"
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

      "9: ldr r6, " STREAM "\n"
      "ldr r5, " END "\n"
      "cmp r6, r5\n"
      "beq 8f\n"
      "b 6b\n"
      "8: add sp, #68\n"
      "pop {r4-r7}\n"
      "mov r8, r4\n"
      "mov r9, r5\n"
      "mov r10, r6\n"
      "mov r11, r7\n"
      "pop {r4-r7, pc}\n");
}
#else
/* One position's sum of one channel. */
static int32_t sum_of(const aot_armv6m_t *r, const uint32_t *stream, uint32_t channel, uint32_t lane) {
  const uint32_t lanes = r->stride > 0 ? 4 : 1;
  const uint8_t *weights = (const uint8_t *)(stream + 2);
  uint32_t sum = (uint32_t)((int32_t)stream[0] >> 5);
  if (r->kind == AOT_ARMV6M_PRODUCTS) {
    sum += (uint32_t)r->start[lane];
    for (uint32_t t = 0; t < 8 * r->steps; ++t) sum += (uint32_t)(r->taps[t * lanes + lane] * weights[t]);
    return (int32_t)sum;
  }
  for (uint32_t t = 0; t < r->steps / (4 * lanes); ++t) {
    const int32_t place = r->taps[t * lanes + lane];
    const int8_t x = place == INT32_MIN ? r->outside[channel] : r->input[place + (int32_t)channel];
    sum += (uint32_t)(x * (int8_t)weights[t]);
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
