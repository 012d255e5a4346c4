/* From reset to main(), and what a trap does. */
#include <stddef.h>

#include "port.h"
#include "riscv.h"

#define CLINT_MSIP (*(volatile uint32_t *)0x02000000u) /* hart 0; SiFive FE310-G002 manual, chapter 9 */
#define MCAUSE_INTERRUPT (1u << 31)
enum { MCAUSE_SOFTWARE = 3 };

/* No likely value, and no address in flash or RAM. */
#define PAINT 0xC5A3C5A3u

extern uint32_t __stack_limit[], __stack_top[];
extern uint32_t __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint32_t __data_load[];
extern void (*const __init_array_start[])(void);
extern void (*const __init_array_end[])(void);

extern int main(void);
void riscv_reset_handler(void);
void riscv_start(void);

static struct {
  uint32_t left_out;  /* instructions of interrupts and of port_ticks() */
  uint32_t per_call;  /* what one call of port_ticks() adds */
  uint32_t per_entry; /* what an interrupt runs before it has read the counter, and after it has again */
} ticks;

__attribute__((naked, used, section(".vectors.head"))) void riscv_reset_handler(void) {
  __asm volatile(
      "csrci mstatus, 8         \n"
      "csrw  mie, zero          \n"
      ".option push             \n"
      ".option norelax          \n"
      "la    gp, __global_pointer$ \n"
      ".option pop              \n"
      "la    sp, __stack_top    \n"
      "j     riscv_start        \n");
}

void riscv_reset(void) {
  __asm volatile("j riscv_reset_handler");
  __builtin_unreachable();
}

__attribute__((interrupt("machine"), aligned(4))) static void trap(void) {
  const uint32_t began = RISCV_READ(minstret);
  const uint32_t cause = RISCV_READ(mcause);
  if ((cause & MCAUSE_INTERRUPT) == 0) riscv_reset();
  if ((cause & ~MCAUSE_INTERRUPT) == MCAUSE_SOFTWARE)
    CLINT_MSIP = 0;
  else
    riscv_external_interrupt();
  ticks.left_out += RISCV_READ(minstret) - began + ticks.per_entry;
}

/* The stack pointer is compared as it stands at that very instruction. */
static void paint_stack(void) {
  uint32_t *word = __stack_limit;
  __asm volatile("1: bgeu %0, sp, 2f\n\tsw %1, 0(%0)\n\taddi %0, %0, 4\n\tj 1b\n2:"
                 : "+r"(word)
                 : "r"(PAINT)
                 : "memory");
}

void riscv_start(void) {
  RISCV_WRITE(mtvec, (uintptr_t)trap);
  paint_stack();
  const uint32_t *from = __data_load;
  for (uint32_t *to = __data_start; to != __data_end; ++to) *to = *from++;
  for (uint32_t *to = __bss_start; to != __bss_end; ++to) *to = 0;
  for (void (*const *constructor)(void) = __init_array_start; constructor != __init_array_end;
       ++constructor) {
    (*constructor)();
  }
  riscv_unmask_interrupts();
  (void)main();
  riscv_reset();
}

uint32_t port_stack_used(void) {
  const volatile uint32_t *word = __stack_limit;
  while (word < __stack_top && *word == PAINT) ++word;
  return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)word);
}

uint32_t port_ticks(void) {
  riscv_mask_interrupts();
  const uint32_t now = RISCV_READ(minstret) - ticks.left_out;
  ticks.left_out += ticks.per_call;
  riscv_unmask_interrupts();
  return now;
}

/* What port_ticks() sees of a write to the software interrupt's register: 1 raises it. */
static __attribute__((noinline, noclone)) uint32_t ticks_of_pending(uint32_t value) {
  const uint32_t start = port_ticks();
  CLINT_MSIP = value;
  __asm volatile("fence \n nop \n nop \n nop" ::: "memory");
  return port_ticks() - start;
}

void riscv_ticks_init(void) {
  RISCV_SET(mie, RISCV_MIE_SOFTWARE);
  (void)port_ticks();
  const uint32_t start = port_ticks();
  ticks.per_call = port_ticks() - start;
  const uint32_t idle = ticks_of_pending(0);
  ticks.per_entry = ticks_of_pending(1) - idle;
}
