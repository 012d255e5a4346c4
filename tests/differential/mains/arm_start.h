/* arm_start.h: how a program without an operating system begins and ends on a Cortex-M of QEMU: vectors,
 * floating point, the way to a file in the emulator's folder, and inputs.bin in the image. Any fault ends the
 * run at once. For one source file, which has `static void go(void)`, marked as used; arm.ld links it.
 */
#ifndef ARM_START_H
#define ARM_START_H

#include <stdint.h>
#include <string.h>
extern uint32_t stack_top;
__asm__(".section .rodata\n.balign 4\n.global all_inputs\nall_inputs: .incbin \"inputs.bin\"\n.text\n");
extern const uint8_t all_inputs[];

#if defined(__ARM_ARCH_6M__)
#define TRAP 8 /* accesses that are not aligned are faults on a Cortex-M0 */
#else
#define TRAP 0
#endif

void reset(void);
void fault(void);
static uint32_t semihosting(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
static void leave(uint32_t code) {
  const uint32_t exit[2] = {0x20026u, code};
  for (;;) semihosting(0x20, exit);
}
void fault(void) { leave(9); }
__attribute__((section(".vectors"), used)) const void *const vectors[16] = {
    &stack_top,          (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault};
__attribute__((naked)) void reset(void) {
  __asm__ volatile(
      ".syntax unified\n\tldr r0, =0xE000ED88\n\tldr r1, =0xF00000\n\tstr r1, [r0]\n\t"
      "ldr r0, =0xE000ED14\n\tldr r1, [r0]\n\tldr r2, =%c0\n\torrs r1, r2\n\tstr r1, [r0]\n\t"
      "dsb\n\tisb\n\tldr r0, =go\n\tbx r0\n\t.ltorg" ::"i"(TRAP));
}

#endif
