/* The least that starts a program: the port under test is all that the echo program needs. */
#include <stdint.h>

extern uint32_t data_from, data_start, data_end, bss_start, bss_end, stack_top;
int main(void);

static void start(void) {
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: the FPU */
  *(volatile uint32_t *)0xE000ED08u = 0x10000u;    /* VTOR */
  const uint32_t *from = &data_from;
  for (uint32_t *to = &data_start; to < &data_end;) *to++ = *from++;
  for (uint32_t *to = &bss_start; to < &bss_end;) *to++ = 0;
  (void)main();
}

static void hang(void) {
  for (;;) {
  }
}

typedef void (*vector_t)(void);
__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    (vector_t)(uintptr_t)&stack_top, start, hang, hang, hang, hang, hang,
};
