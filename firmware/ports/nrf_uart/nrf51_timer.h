/* nrf51_timer.h: the counter of instructions.h from TIMER 0 of the nRF51, whose 16 MHz are 62.5 ns a tick;
 * the processor runs at the same 16 MHz. Registers: nRF51 series reference manual v3.0, chapter 18. */
#ifndef TINYML_NRF51_TIMER_H
#define TINYML_NRF51_TIMER_H

#include <stdint.h>

#define TIMER0_START (*(volatile uint32_t *)0x40008000u)
#define TIMER0_CAPTURE0 (*(volatile uint32_t *)0x40008040u)
#define TIMER0_BITMODE (*(volatile uint32_t *)0x40008508u)
#define TIMER0_PRESCALER (*(volatile uint32_t *)0x40008510u)
#define TIMER0_CC0 (*(volatile uint32_t *)0x40008540u)
#define TIMER_32_BITS 3u

enum {
  PRESCALER_16_MHZ = 0,
  INSTRUCTIONS_PER_TICKS = 125, /* 62.5 ns of 128 */
  TICKS_SHIFT = 8,
};

/* 32 bits: more than 2.1e9 instructions between two readings are counted short, and 268 s on the chip. */
static uint64_t counter(void) {
  static uint32_t last;
  static uint64_t total;
  TIMER0_CAPTURE0 = 1;
  const uint32_t now = TIMER0_CC0;
  total += now - last;
  last = now;
  return total;
}

static void nrf51_timer_init(void) {
  TIMER0_BITMODE = TIMER_32_BITS;
  TIMER0_PRESCALER = PRESCALER_16_MHZ;
  TIMER0_START = 1;
}

#endif
