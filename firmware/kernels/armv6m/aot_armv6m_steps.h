/* aot_armv6m_steps.h: the assembly of aot_armv6m.c by steps. Its parameters are on the stack; r12 and lr hold
 * the clamp; sums lie in r8-r11.
 */
#ifndef AOT_ARMV6M_STEPS_H
#define AOT_ARMV6M_STEPS_H

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
#define KEPT "[sp, #68]"  /* how many channels' sums are kept; the last of them is the next one */

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

/* r5: the sum r4 times the multiplier, / 2^30, and twice the offset. */
#define MULTIPLY       \
  "muls r5, r1, r5\n"  \
  "asrs r5, r5, #10\n" \
  "movs r6, r4\n"      \
  "muls r6, r2, r6\n"  \
  "adds r5, r5, r6\n"  \
  "asrs r5, r5, #10\n" \
  "movs r6, r4\n"      \
  "muls r6, r3, r6\n"  \
  "adds r5, r5, r6\n"  \
  "asrs r5, r5, #10\n" \
  "add r5, r8\n"
#define STORE    \
  "cmp r5, lr\n" \
  "ble 4f\n"     \
  "mov r5, lr\n" \
  "4: strb r5, [r0]\n"
#define SCALE_ANY             \
  "asrs r6, r4, #31\n"        \
  "eors r6, r4\n"             \
  "lsrs r6, r6, #20\n"        \
  "beq 2f\n"                  \
  "mov r5, lr\n"              \
  "cmp r4, #0\n"              \
  "bpl 4f\n"                  \
  "mov r5, r12\n"             \
  "b 4f\n"                    \
  "2: movs r5, r4\n" MULTIPLY \
  "asrs r5, r5, #1\n"         \
  "asrs r4, r4, #31\n"        \
  "adds r5, r5, r4\n"         \
  "asrs r5, r7\n"             \
  "cmp r5, r12\n"             \
  "bge 3f\n"                  \
  "mov r5, r12\n"             \
  "3:\n" STORE
#define SCALE_RELU        \
  "movs r5, r4\n"         \
  "bpl 3f\n"              \
  "mov r5, r12\n"         \
  "b 4f\n"                \
  "3: lsrs r6, r4, #20\n" \
  "beq 2f\n"              \
  "mov r5, lr\n"          \
  "b 4f\n"                \
  "2:\n" MULTIPLY "asrs r5, r7\n" STORE
/* Sums of 2^20 and more are clamped without being scaled. The sum of r8, and those of r9-r11 if there are
 * four positions. */
#define SCALE_ALL(scale)                 \
  "mov r4, r8\n"                         \
  "mov r8, r6\n" scale "ldr r6, " STRIDE \
  "\n"                                   \
  "cmp r6, #0\n"                         \
  "bne 5f\n"                             \
  "b 17f\n"                              \
  "5: mov r4, r9\n"                      \
  "mov r9, r6\n"                         \
  "add r0, r9\n" scale                   \
  "mov r4, r10\n"                        \
  "add r0, r9\n" scale                   \
  "mov r4, r11\n"                        \
  "add r0, r9\n" scale

#endif
