/* instructions.h: port_ticks() of the boards in QEMU: the instructions of a measurement, and no others.
 *
 * QEMU must run with -icount shift=7: one instruction is then 128 ns of the board's time, more than two ticks
 * of any counter used here, so that the nearest whole number of instructions between two readings is the
 * exact one.
 *
 * Left out are the instructions of the interrupts, which come with the bytes of the next input, and those of
 * port_ticks() itself. Both are measured once, by instructions_init().
 *
 * A port's one source says before it includes this:
 *
 *   enum { INSTRUCTIONS_PER_TICKS = 5, TICKS_SHIFT = 4 };   2^4 ticks of the counter are 5 instructions
 *   static uint64_t counter(void);   ticks since the start; it takes the same instructions every time
 *
 * and its interrupt handlers call interrupt_begins() first and interrupt_ends() last.
 *
 * A port of a chip that people have, whose counter takes one step a cycle there, defines
 * INSTRUCTIONS_OR_CYCLES too, and calls tell_chip_from_emulator() before instructions_init(): ticks are then
 * instructions in QEMU and cycles on the chip, and ticks_unit() says which.
 */
#ifndef TINYML_INSTRUCTIONS_H
#define TINYML_INSTRUCTIONS_H

#include <stdbool.h>

#include "cortexm.h"
#include "port.h"

#ifdef INSTRUCTIONS_OR_CYCLES
static bool ticks_are_cycles;
#else
enum { ticks_are_cycles = 0 };
#endif

static struct {
  uint64_t read;      /* the counter, when it was read last */
  uint32_t run;       /* instructions up to then */
  uint32_t left_out;  /* of these, by interrupts and by port_ticks() */
  uint32_t began;     /* `run` when the interrupt began */
  uint32_t per_call;  /* what one call of port_ticks() adds */
  uint32_t per_entry; /* what an interrupt runs before it has read the counter, and after it has again */
} instructions;

/* Brings `run` up to now. Not to be interrupted. */
static void instructions_advance(void) {
  const uint64_t now = counter();
  const uint64_t ticks = now - instructions.read;
  const uint32_t low = (uint32_t)ticks, part = low & ((1u << TICKS_SHIFT) - 1u);
  instructions.read = now;
  /* In pieces of 32 bits, of which none overflows but the sum, which wraps as it may. */
  instructions.run += (low >> TICKS_SHIFT) * INSTRUCTIONS_PER_TICKS;
  instructions.run += (part * INSTRUCTIONS_PER_TICKS + (1u << (TICKS_SHIFT - 1))) >> TICKS_SHIFT;
  instructions.run += (uint32_t)(ticks >> 32) * ((uint32_t)INSTRUCTIONS_PER_TICKS << (32 - TICKS_SHIFT));
}

static void interrupt_begins(void) {
  if (ticks_are_cycles) return;
  instructions_advance();
  instructions.began = instructions.run;
}

static void interrupt_ends(void) {
  if (ticks_are_cycles) return;
  instructions_advance();
  instructions.left_out += instructions.run - instructions.began + instructions.per_entry;
}

uint32_t port_ticks(void) {
  if (ticks_are_cycles) return (uint32_t)counter();
  cortexm_mask_interrupts();
  instructions_advance();
  const uint32_t ticks = instructions.run - instructions.left_out;
  instructions.left_out += instructions.per_call;
  cortexm_unmask_interrupts();
  return ticks;
}

/* What port_ticks() sees of a write to NVIC_ISPR, which starts the interrupts of `bits`. */
static __attribute__((noinline, noclone)) uint32_t instructions_of_pending(uint32_t irq, uint32_t bits) {
  const uint32_t start = port_ticks();
  ((volatile uint32_t *)0xE000E200u)[irq / 32u] = bits;
  __asm volatile("dsb \n isb" ::: "memory");
  return port_ticks() - start;
}

#ifdef INSTRUCTIONS_OR_CYCLES

/* In QEMU an instruction takes so long that the counter has gone on by more than one step for each. */
static void tell_chip_from_emulator(void) {
  const uint64_t start = counter();
  for (uint32_t turn = 0; turn < 16; ++turn) __asm volatile(".rept 16\n nop\n .endr" ::: "memory");
  const uint64_t ticks = counter() - start;
  ticks_are_cycles = (ticks * INSTRUCTIONS_PER_TICKS) >> TICKS_SHIFT < 256;
}

static port_tick_unit_t ticks_unit(void) {
  return ticks_are_cycles ? PORT_TICKS_CYCLES : PORT_TICKS_INSTRUCTIONS;
}

#endif

/* Measures what is to be left out. The interrupt's handler must be enabled, and find nothing to do. */
static void instructions_init(uint32_t irq) {
  (void)port_ticks();
  const uint32_t start = port_ticks();
  instructions.per_call = port_ticks() - start;
  const uint32_t idle = instructions_of_pending(irq, 0);
  instructions.per_entry = instructions_of_pending(irq, 1u << (irq % 32u)) - idle;
}

#endif
