#include "stack.h"

#include <stdint.h>

#include "port.h"

extern uint32_t __stack_limit[], __stack_top[];

/* No likely value, and no address in flash or RAM. */
#define PAINT 0xC5A3C5A3u

void stack_paint(void) {
  const uint32_t *top;
  __asm volatile("mov %0, sp" : "=r"(top));
  /* volatile: the compiler knows nothing of a stack that is read later. */
  for (volatile uint32_t *word = __stack_limit; word < top; ++word) *word = PAINT;
}

uint32_t port_stack_used(void) {
  const volatile uint32_t *word = __stack_limit;
  while (word < __stack_top && *word == PAINT) ++word;
  return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)word);
}
