/* port.h for QEMU's mps2-an386: CMSDK UART 0, received by interrupt; instructions counted by CMSDK timer 0.
 *
 * QEMU must run with -icount shift=0: one instruction is then one nanosecond of virtual time, and the timer's
 * 25 MHz are 40 instructions a tick. The timer's registers: Arm CMSDK technical reference manual (DDI 0479),
 * 4.1; addresses and interrupts: application note AN386.
 */
#define CMSDK_UART 0x40004000u
enum { CMSDK_UART_RX_IRQ = 0, CMSDK_UART_CLOCK_HZ = 25000000, CMSDK_UART_BAUD = 115200 };

#include "cmsdk_uart.h"

#define TIMER0_CTRL REG32(0x40000000u)
#define TIMER0_VALUE REG32(0x40000004u)
#define TIMER0_RELOAD REG32(0x40000008u)
#define TIMER_CTRL_ENABLE 1u

enum { INSTRUCTIONS_PER_TICK = 40 };

void port_init(void) {
  TIMER0_RELOAD = 0xFFFFFFFFu;
  TIMER0_VALUE = 0xFFFFFFFFu;
  TIMER0_CTRL = TIMER_CTRL_ENABLE;
  cmsdk_uart_init();
}

/* The timer counts down through all 32 bits, so that the product wraps at 2^32 as well. */
uint32_t port_ticks(void) { return (0xFFFFFFFFu - TIMER0_VALUE) * INSTRUCTIONS_PER_TICK; }
