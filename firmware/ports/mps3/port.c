/* port.h for QEMU's mps3-an547: CMSDK UART 0, received by interrupt; instructions counted by the system
 * counter.
 *
 * The processor starts in Secure state and stays there: the SAU is off, which makes all memory Secure, and
 * the peripherals' protection controllers let Secure accesses through from reset, so nothing is to be set up;
 * the addresses are those of the Secure aliases.
 *
 * The counter's 32 MHz are 31.25 ns a tick: see cortexm/instructions.h. Registers: Arm SSE-123 technical
 * reference manual (101370), system counter; addresses and interrupts: application note AN547.
 */
#include <stdint.h>

#define CMSDK_UART 0x59303000u
enum { CMSDK_UART_RX_IRQ = 33, CMSDK_UART_CLOCK_HZ = 25000000, CMSDK_UART_BAUD = 115200 };
enum { INSTRUCTIONS_PER_TICKS = 125, TICKS_SHIFT = 9 }; /* 31.25 ns of 128 */

#define COUNTER_CNTCR (*(volatile uint32_t *)0x58100000u)
#define COUNTER_CNTCV ((volatile uint32_t *)0x58100008u)
enum { CNTCR_ENABLE = 1 };

/* Of the two readings of the high half, the one that belongs to the low half between them. */
static uint64_t counter(void) {
  const uint32_t before = COUNTER_CNTCV[1], low = COUNTER_CNTCV[0], after = COUNTER_CNTCV[1];
  return (uint64_t)(low >> 31 ? before : after) << 32 | low;
}

#include "cmsdk_uart.h"

void port_init(void) {
  COUNTER_CNTCR = CNTCR_ENABLE;
  cmsdk_uart_init();
  instructions_init(CMSDK_UART_RX_IRQ);
}
