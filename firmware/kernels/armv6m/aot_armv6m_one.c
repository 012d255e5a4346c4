#include "aot_armv6m.h"

#if AOT_HAS_ARMV6M
#include "aot_armv6m_steps.h"

AOT_ASSEMBLY void aot_armv6m_one(const aot_armv6m_t *run __attribute__((unused)),
                                 aot_armv6m_sums_t *sums __attribute__((unused))) {
  __asm__ volatile(BEGIN SETTLED
                   ".align 2\n"
                   "15: adds r7, #1\n" SCALE_FIRST(SCALE_RELU)
                   "b 3f\n"
                   ".align 2\n"
                   "16:\n" SCALE_FIRST(SCALE_ANY)
                   /* The sum that is next, if one is kept and there is a channel for it. */
                   "3: ldr r4, " KEPT "\n"
                   "subs r4, #1\n"
                   "bmi 9f\n"
                   "str r4, " KEPT "\n"
                   "ldr r6, " STREAM "\n"
                   "ldr r5, " STREAM_END "\n"
                   "cmp r6, r5\n"
                   "beq 8f\n"
                   "lsls r4, r4, #2\n"
                   "add r5, sp, #80\n"
                   "ldr r5, [r5, r4]\n"
                   "mov r8, r5\n"
                   "b 7b\n" NEXT_CHANNEL);
}
#else
void aot_armv6m_one(const aot_armv6m_t *r, aot_armv6m_sums_t *sums) { aot_armv6m_in_c(r, sums, 1); }
#endif
