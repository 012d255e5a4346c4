/* on_qemu.c: the end of a program of one network on a Cortex-M4 of QEMU; tests/differential/mains/arm.ld
 * links it.
 *
 * Inputs are in the image; each output leaves in one call, to a file in the emulator's folder. Any fault ends
 * the run.
 */
#include <string.h>

#include "engine.h"

extern uint32_t stack_top;
__asm__(".section .rodata\n.balign 4\n.global all_inputs\nall_inputs: .incbin \"inputs.bin\"\n.text\n");
extern const uint8_t all_inputs[];

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

static const uint8_t *take(const engine_info_t *info, const uint8_t *next) {
  for (uint32_t row = 0; info->row_bytes && row < info->ends[0].bytes / info->row_bytes; ++row) {
    if (!row) engine_begin();
    memcpy(engine_input(0), next, info->row_bytes);
    next += info->row_bytes;
    if (engine_push(NULL) != ENGINE_OK) leave(6);
  }
  for (uint8_t i = 0; !info->row_bytes && i < info->inputs; next += info->ends[i++].bytes)
    memcpy(engine_input(i), next, info->ends[i].bytes);
  return next;
}

__attribute__((used)) static void go(void) {
  const struct {
    const char *name;
    uint32_t mode, length;
  } file = {"outputs.bin", 5, 11};
  const uint32_t handle = semihosting(1, &file);
  const engine_info_t *info = engine_info();
  const uint8_t *next = all_inputs;
  for (uint32_t k = 0; k < INPUTS; ++k) {
    next = take(info, next);
    if (engine_invoke() != ENGINE_OK) leave(3);
    for (uint8_t i = 0; i < info->outputs; ++i) {
      const struct {
        uint32_t handle;
        const void *from;
        uint32_t count;
      } part = {handle, engine_output(i), info->ends[info->inputs + i].bytes};
      if (semihosting(5, &part) != 0) leave(4);
    }
  }
  semihosting(2, &handle);
  leave(0);
}

__attribute__((naked)) void reset(void) {
  __asm__ volatile(
      ".syntax unified\n\tldr r0, =0xE000ED88\n\tldr r1, =0xF00000\n\tstr r1, [r0]\n\t"
      "dsb\n\tisb\n\tldr r0, =go\n\tbx r0\n\t.ltorg");
}
