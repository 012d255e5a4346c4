/* port.h for QEMU's mps2-an386: CMSDK UART 0, received by interrupt; instructions counted by CMSDK timer 0.
 *
 * The timer counts down at 25 MHz, 40 ns a tick: see cortexm/instructions.h. Its registers: Arm CMSDK
 * technical reference manual (DDI 0479), 4.1; addresses and interrupts: application note AN386.
 */
#include <stdint.h>

#define CMSDK_UART 0x40004000u
enum { CMSDK_UART_RX_IRQ = 0, CMSDK_UART_CLOCK_HZ = 25000000, CMSDK_UART_BAUD = 115200 };
enum { INSTRUCTIONS_PER_TICKS = 5, TICKS_SHIFT = 4 }; /* 40 ns of 128 */

#define TIMER0 ((volatile uint32_t *)0x40000000u)
enum { TIMER_CTRL = 0, TIMER_VALUE = 1, TIMER_RELOAD = 2, TIMER_INTERRUPT = 3 };
enum { TIMER_ENABLE = 1, TIMER_INTERRUPT_ENABLE = 8 };

/* The timer wraps after 1.3e9 instructions: its interrupt stands for the wrap, never taken but asked for
 * here.
 */
static uint64_t counter(void) {
  static uint32_t wraps;
  const uint32_t before = ~TIMER0[TIMER_VALUE];
  const uint32_t flag = TIMER0[TIMER_INTERRUPT];
  const uint32_t now = ~TIMER0[TIMER_VALUE];
  const uint32_t wrapped = flag | (now < before ? 1u : 0u);
  TIMER0[TIMER_INTERRUPT] = wrapped;
  wraps += wrapped;
  return (uint64_t)wraps << 32 | now;
}

#include "cmsdk_uart.h"

void port_init(void) {
  TIMER0[TIMER_RELOAD] = 0xFFFFFFFFu;
  TIMER0[TIMER_VALUE] = 0xFFFFFFFFu;
  TIMER0[TIMER_CTRL] = TIMER_ENABLE | TIMER_INTERRUPT_ENABLE;
  cmsdk_uart_init();
  instructions_init(CMSDK_UART_RX_IRQ);
}
