/* aot_armv6m_steps.h: what the assembly of aot_armv6m_sums.c, _four.c and _one.c shares. Parameters are on
 * the stack; r12 and lr hold the clamp; sums lie in r8-r11.
 */
#ifndef AOT_ARMV6M_STEPS_H
#define AOT_ARMV6M_STEPS_H

#define TAPS "[sp, #0]"
#define STREAM "[sp, #4]"
#define OUTPUT "[sp, #8]"
#define STRIDE "[sp, #12]"
#define STEPS "[sp, #16]"
#define ZERO "[sp, #20]"
#define STREAM_END "[sp, #24]"
#define WORDS "[sp, #28]"
#define START "[sp, #32]"
#define CHANNEL "[sp, #48]"
#define LOW "[sp, #52]"
#define HIGH "[sp, #56]"
#define SUMS "[sp, #60]"   /* where the sums are computed */
#define SCALE "[sp, #64]"  /* and where they are scaled */
#define SETTLE "[sp, #68]" /* where sums go on to */
#define KEPT "[sp, #72]"   /* how many channels' sums are kept from 80 on; the last of them is the next one */

/* r5: the sum r4 times the multiplier, / 2^30, and twice the offset. Sums that have no room are clamped as
 * they are. */
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

/* r0: the parameters, which are copied; r1: what computes sums. */
#define BEGIN                                                                                 \
  ".syntax unified\n"                                                                         \
  "push {r4-r7, lr}\n"                                                                        \
  "mov r4, r8\n"                                                                              \
  "mov r5, r9\n"                                                                              \
  "mov r6, r10\n"                                                                             \
  "mov r7, r11\n"                                                                             \
  "push {r4-r7}\n"                                                                            \
  "sub sp, #92\n"                                                                             \
  "mov r7, sp\n"                                                                              \
  "mov r12, r1\n"                                                                             \
  "ldmia r0!, {r1-r6}\n"                                                                      \
  "stmia r7!, {r1-r6}\n"                                                                      \
  "ldmia r0!, {r1-r6}\n"                                                                      \
  "stmia r7!, {r1-r6}\n"                                                                      \
  "ldmia r0!, {r1-r3}\n"                                                                      \
  "stmia r7!, {r1-r3}\n"                                                                      \
  "mov r4, r12\n"                                                                             \
  "mov r12, r2\n"                                                                             \
  "mov lr, r3\n" /* 2 * zero + 1 against 2 * low: a ReLU's clamp begins at its zero point. */ \
  "adr r5, 15f\n"                                                                             \
  "adds r2, r2, r2\n"                                                                         \
  "adds r2, #1\n"                                                                             \
  "ldr r3, " ZERO                                                                             \
  "\n"                                                                                        \
  "cmp r2, r3\n"                                                                              \
  "beq 2f\n"                                                                                  \
  "adr r5, 16f\n"                                                                             \
  "2: adr r6, 7f\n"                                                                           \
  "adds r6, #1\n"                                                                             \
  "movs r3, #0\n"                                                                             \
  "stmia r7!, {r4-r6}\n"                                                                      \
  "str r3, [r7]\n"                                                                            \
  "6: ldr r4, " SUMS                                                                          \
  "\n"                                                                                        \
  "bx r4\n"

/* r1-r3: the multiplier's parts; r6: twice the offset, and 1; r7: the shift; r0: where the output goes. */
#define SETTLED           \
  ".align 2\n"            \
  "7: ldr r4, " STREAM    \
  "\n"                    \
  "ldr r0, " WORDS        \
  "\n"                    \
  "adds r0, r0, r4\n"     \
  "str r0, " STREAM       \
  "\n"                    \
  "ldmia r4!, {r5, r6}\n" \
  "lsrs r3, r6, #20\n"    \
  "lsls r2, r6, #12\n"    \
  "lsrs r2, r2, #22\n"    \
  "lsls r1, r6, #22\n"    \
  "lsrs r1, r1, #22\n"    \
  "lsls r7, r5, #27\n"    \
  "lsrs r7, r7, #27\n"    \
  "ldr r6, " ZERO         \
  "\n"                    \
  "lsls r6, r7\n"         \
  "adds r6, #1\n"         \
  "ldr r0, " OUTPUT       \
  "\n"                    \
  "adds r5, r0, #1\n"     \
  "str r5, " OUTPUT       \
  "\n"                    \
  "ldr r4, " SCALE        \
  "\n"                    \
  "mov pc, r4\n"

/* The sum of r8. */
#define SCALE_FIRST(scale) "mov r4, r8\nmov r8, r6\n" scale

#define NEXT_CHANNEL    \
  "9: ldr r6, " STREAM  \
  "\n"                  \
  "ldr r5, " STREAM_END \
  "\n"                  \
  "cmp r6, r5\n"        \
  "beq 8f\n"            \
  "b 6b\n"              \
  "8: add sp, #92\n"    \
  "pop {r4-r7}\n"       \
  "mov r8, r4\n"        \
  "mov r9, r5\n"        \
  "mov r10, r6\n"       \
  "mov r11, r7\n"       \
  "pop {r4-r7, pc}\n"

#endif
