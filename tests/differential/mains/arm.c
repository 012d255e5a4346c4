/* arm.c: the end of a program of many networks (programs.py) on a Cortex-M of QEMU.
 *
 * Inputs are in the image; an output leaves in one call, to a file in the emulator's folder. Any fault ends
 * the run at once.
 */
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
__attribute__((used)) static void go(void) {
  const struct {
    const char *name;
    uint32_t mode, length;
  } file = {"outputs.bin", 5, 11};
  const uint32_t handle = semihosting(1, &file);
  const uint8_t *next = all_inputs;
  for (uint32_t i = 0; i < NETWORKS; ++i) {
    const network_t *n = networks + i;
    for (uint32_t k = 0; k < n->count; ++k, next += n->input_bytes) {
      memset(pool, 0x55, sizeof pool);
      memcpy(n->input(0), next, n->input_bytes);
      n->invoke();
      const struct {
        uint32_t handle;
        const void *from;
        uint32_t count;
      } part = {handle, n->output(0), n->output_bytes};
      if (semihosting(5, &part) != 0) leave(3);
    }
  }
  semihosting(2, &handle);
  leave(0);
}
__attribute__((naked)) void reset(void) {
  __asm__ volatile(
      ".syntax unified\n\tldr r0, =0xE000ED88\n\tldr r1, =0xF00000\n\tstr r1, [r0]\n\t"
      "ldr r0, =0xE000ED14\n\tldr r1, [r0]\n\tldr r2, =%c0\n\torrs r1, r2\n\tstr r1, [r0]\n\t"
      "dsb\n\tisb\n\tldr r0, =go\n\tbx r0\n\t.ltorg" ::"i"(TRAP));
}
