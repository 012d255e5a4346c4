/* port.h for QEMU's mps2-an505, a Cortex-M33 that starts in the secure state and stays there: CMSDK UART 0,
 * received by interrupt; instructions counted by CMSDK timer 0.
 *
 * The timer counts down at 20 MHz, 50 ns a tick: see cortexm/instructions.h. Its registers: Arm CMSDK
 * technical reference manual (DDI 0479), 4.1; addresses and interrupts: application note AN505, the secure
 * ones.
 */
#include <stdint.h>

#define CMSDK_UART 0x50200000u
enum { CMSDK_UART_RX_IRQ = 32, CMSDK_UART_CLOCK_HZ = 20000000, CMSDK_UART_BAUD = 115200 };
enum { INSTRUCTIONS_PER_TICKS = 25, TICKS_SHIFT = 6 }; /* 50 ns of 128 */

#define TIMER0 ((volatile uint32_t *)0x50000000u)
enum { TIMER_CTRL = 0, TIMER_VALUE = 1, TIMER_RELOAD = 2, TIMER_INTERRUPT = 3 };
enum { TIMER_ENABLE = 1, TIMER_INTERRUPT_ENABLE = 8 };

/* The timer wraps after 1.6e9 instructions: its interrupt stands for the wrap, never taken but asked for
 * here. */
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
