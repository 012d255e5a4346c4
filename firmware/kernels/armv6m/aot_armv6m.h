/* aot_armv6m.h: what the Armv6-M kernels share: their parameters, and the scaling of sums without a long
 * multiplication.
 *
 * MULS overwrites a factor, so that each product needs one that is freshly loaded. LDM loads four for one
 * instruction: four positions' inputs, words in scratch, meet one weight. Sums lie in the high registers,
 * which ADD reaches.
 *
 * Scaling is exact in three products of 32 bits, as |sum| < 2^20: with a multiplier m = m2 2^20 + m1 2^10 + m0,
 * what floor() drops of a lower product never reaches the result:
 *
 *   (sum m + 2^30) >> 31 = (((((sum m0 >> 10) + sum m1) >> 10) + sum m2 >> 10) + 1) >> 1
 *
 * The rest is docs/compiler.md's "Requantisation in three instructions": the zero point moves into the shift.
 */
#ifndef AOT_ARMV6M_H
#define AOT_ARMV6M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aot_conv.h"
#include "aot_requantise.h"

#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1 && defined(__GNUC__) && !defined(__clang__)
#define AOT_HAS_ARMV6M 1
#else
#define AOT_HAS_ARMV6M 0 /* the C beside the assembly stands in */
#endif

/* What all channels at one position, or at four neighbours, are computed from. The assembly knows the places
 * of its members; `channel` and `stream` go on from channel to channel. */
typedef struct {
  const int32_t *taps;    /* what the windows read, [tap][positions] */
  const uint32_t *stream; /* of each channel: bias << 5 | right shift, multiplier, weights */
  int8_t *output;
  uint32_t stride;      /* from one position's output to the next one's */
  uint32_t steps;       /* turns of the loop over taps, or bytes of `taps` */
  int32_t zero;         /* 2 * the output's zero point + 1 */
  const uint32_t *end;  /* of the stream */
  uint32_t words;       /* of a channel in the stream, 4 bytes each; in bytes */
  int32_t start[4];     /* what sums begin from beside the bias */
  uint32_t channel;     /* its number */
  int32_t low, high;
} aot_armv6m_t;

/* What the first two words of a channel say. */
typedef struct {
  int32_t bias, multiplier, offset;
  int shift;
} aot_armv6m_channel_t;

static inline aot_armv6m_channel_t aot_armv6m_channel(const aot_armv6m_t *r) {
  const int32_t packed = (int32_t)r->stream[0];
  const int shift = packed & 31;
  const int32_t offset = (int32_t)((uint32_t)r->zero << (shift - 1));
  return (aot_armv6m_channel_t){packed >> 5, (int32_t)r->stream[1], offset, shift};
}

/* The sum scaled and clamped; what the assembly does. */
static inline int8_t aot_armv6m_scaled(const aot_armv6m_t *r, const aot_armv6m_channel_t *c, int32_t sum) {
  const int32_t lowest = sum * (c->multiplier & 1023) >> 10;
  const int32_t lower = (lowest + sum * (c->multiplier >> 10 & 1023)) >> 10;
  const int32_t scaled = (((lower + sum * (c->multiplier >> 20)) >> 10) + 1) >> 1;
  return (int8_t)aot_clamp((scaled + c->offset + (sum >> 31)) >> c->shift, r->low, r->high);
}

#if AOT_HAS_ARMV6M
#define AOT_ARMV6M_FUNCTION static __attribute__((naked, noinline)) void

/* Each function: r0 = its aot_armv6m_t, which is copied to the stack. r12 and lr hold the clamp. */
#define AOT_ARMV6M_BEGIN          \
  ".syntax unified\n"             \
  "push {r4-r7, lr}\n"            \
  "mov r4, r8\n"                  \
  "mov r5, r9\n"                  \
  "mov r6, r10\n"                 \
  "mov r7, r11\n"                 \
  "push {r4-r7}\n"                \
  "sub sp, #60\n"                 \
  "mov r7, sp\n"                  \
  "ldmia r0!, {r1-r6}\n"          \
  "stmia r7!, {r1-r6}\n"          \
  "ldmia r0!, {r1-r6}\n"          \
  "stmia r7!, {r1-r6}\n"          \
  "ldmia r0!, {r1-r3}\n"          \
  "stmia r7!, {r1-r3}\n"          \
  "mov r12, r2\n"                 \
  "mov lr, r3\n"                  \
  "1:\n"
#define AOT_ARMV6M_TAPS "[sp, #0]"
#define AOT_ARMV6M_STREAM "[sp, #4]"
#define AOT_ARMV6M_OUTPUT "[sp, #8]"
#define AOT_ARMV6M_STRIDE "[sp, #12]"
#define AOT_ARMV6M_STEPS "[sp, #16]"
#define AOT_ARMV6M_ZERO "[sp, #20]"
#define AOT_ARMV6M_STREAM_END "[sp, #24]"
#define AOT_ARMV6M_WORDS "[sp, #28]"
#define AOT_ARMV6M_START "32"
#define AOT_ARMV6M_CHANNEL "[sp, #48]"
#define AOT_ARMV6M_HIGH "[sp, #56]"

/* r1-r3: the multiplier's parts; r6: twice the offset, and 1; r7: the shift; r0: where the output goes. The
 * stream moves on by a channel. */
#define AOT_ARMV6M_SETTLE                  \
  "ldr r4, " AOT_ARMV6M_STREAM "\n"        \
  "ldr r0, " AOT_ARMV6M_WORDS "\n"         \
  "adds r0, r0, r4\n"                      \
  "str r0, " AOT_ARMV6M_STREAM "\n"        \
  "ldmia r4!, {r5, r6}\n"                  \
  "lsrs r3, r6, #20\n"                     \
  "lsls r2, r6, #12\n"                     \
  "lsrs r2, r2, #22\n"                     \
  "lsls r1, r6, #22\n"                     \
  "lsrs r1, r1, #22\n"                     \
  "lsls r7, r5, #27\n"                     \
  "lsrs r7, r7, #27\n"                     \
  "ldr r6, " AOT_ARMV6M_ZERO "\n"          \
  "lsls r6, r7\n"                          \
  "adds r6, #1\n"                          \
  "ldr r0, " AOT_ARMV6M_OUTPUT "\n"        \
  "adds r5, r0, #1\n"                      \
  "str r5, " AOT_ARMV6M_OUTPUT "\n"

/* r4: the sum; r8: as r6 above. */
#define AOT_ARMV6M_SCALE   \
  "movs r5, r4\n"          \
  "muls r5, r1, r5\n"      \
  "asrs r5, r5, #10\n"     \
  "movs r6, r4\n"          \
  "muls r6, r2, r6\n"      \
  "adds r5, r5, r6\n"      \
  "asrs r5, r5, #10\n"     \
  "movs r6, r4\n"          \
  "muls r6, r3, r6\n"      \
  "adds r5, r5, r6\n"      \
  "asrs r5, r5, #10\n"     \
  "add r5, r8\n"           \
  "asrs r5, r5, #1\n"      \
  "asrs r4, r4, #31\n"     \
  "adds r5, r5, r4\n"      \
  "asrs r5, r7\n"          \
  "cmp r5, r12\n"          \
  "bge 3f\n"               \
  "mov r5, r12\n"          \
  "3: cmp r5, lr\n"        \
  "ble 4f\n"               \
  "mov r5, lr\n"           \
  "4: strb r5, [r0]\n"

#define AOT_ARMV6M_SCALE_ONE AOT_ARMV6M_SETTLE "mov r4, r8\nmov r8, r6\n" AOT_ARMV6M_SCALE

/* The four sums of r8-r11. */
#define AOT_ARMV6M_SCALE_FOUR                                        \
  AOT_ARMV6M_SCALE_ONE                                               \
  "mov r4, r9\nldr r6, " AOT_ARMV6M_STRIDE "\nmov r9, r6\nadd r0, r9\n" AOT_ARMV6M_SCALE \
  "mov r4, r10\nadd r0, r9\n" AOT_ARMV6M_SCALE                       \
  "mov r4, r11\nadd r0, r9\n" AOT_ARMV6M_SCALE

#define AOT_ARMV6M_END                   \
  "ldr r6, " AOT_ARMV6M_STREAM "\n"      \
  "ldr r5, " AOT_ARMV6M_STREAM_END "\n"  \
  "cmp r6, r5\n"                         \
  "beq 5f\n"                             \
  "b 1b\n"                               \
  "5: add sp, #60\n"                     \
  "pop {r4-r7}\n"                        \
  "mov r8, r4\n"                         \
  "mov r9, r5\n"                         \
  "mov r10, r6\n"                        \
  "mov r11, r7\n"                        \
  "pop {r4-r7, pc}\n"
#endif

#endif
