#include "stack.h"

#include <stdint.h>

#include "port.h"

extern uint32_t __stack_limit[], __stack_top[];

/* No likely value, and no address in flash or RAM. */
#define PAINT 0xC5A3C5A3u

void stack_paint(void) {
  uint32_t *word = __stack_limit;
  /* The stack pointer is compared as it stands at that very instruction: the compiler may save registers of
   * this function at any moment, also after its first statement. */
  __asm volatile("1: cmp %0, sp\n\tbhs 2f\n\tstmia %0!, {%1}\n\tb 1b\n2:"
                 : "+l"(word)
                 : "l"(PAINT)
                 : "cc", "memory");
}

uint32_t port_stack_used(void) {
  const volatile uint32_t *word = __stack_limit;
  while (word < __stack_top && *word == PAINT) ++word;
  return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)word);
}
