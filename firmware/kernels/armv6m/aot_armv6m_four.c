#include "aot_armv6m.h"

#if AOT_HAS_ARMV6M
#include "aot_armv6m_steps.h"

#define SCALE_FOUR(scale) \
  SCALE_FIRST(scale)      \
  "mov r4, r9\n"          \
  "ldr r6, " STRIDE       \
  "\n"                    \
  "mov r9, r6\n"          \
  "add r0, r9\n" scale    \
  "mov r4, r10\n"         \
  "add r0, r9\n" scale    \
  "mov r4, r11\n"         \
  "add r0, r9\n" scale

AOT_ASSEMBLY void aot_armv6m_four(const aot_armv6m_t *run __attribute__((unused)),
                                  aot_armv6m_sums_t *sums __attribute__((unused))) {
  __asm__ volatile(BEGIN SETTLED
                   ".align 2\n"
                   "15: adds r7, #1\n" SCALE_FOUR(SCALE_RELU)
                   "b 9f\n"
                   ".align 2\n"
                   "16:\n" SCALE_FOUR(SCALE_ANY) NEXT_CHANNEL);
}
#else
void aot_armv6m_four(const aot_armv6m_t *r, aot_armv6m_sums_t *sums) { aot_armv6m_in_c(r, sums, 4); }
#endif
