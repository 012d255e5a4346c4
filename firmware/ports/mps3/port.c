/* port.h for QEMU's mps3-an547: CMSDK UART 0, received by interrupt; instructions counted by the system
 * counter.
 *
 * The processor starts in Secure state and stays there: the SAU is off, which makes all memory Secure, and
 * the peripherals' protection controllers let Secure accesses through from reset, so nothing is to be set up;
 * the addresses are those of the Secure aliases.
 *
 * QEMU must run with -icount shift=0: one instruction is then one nanosecond of virtual time, and the
 * counter's 32 MHz are 31.25 instructions a tick. The counter multiplies by that itself: its scale is a
 * number with 24 binary places. Registers: Arm SSE-123 technical reference manual (101370), system counter;
 * addresses and interrupts: application note AN547.
 */
#define CMSDK_UART 0x59303000u
enum { CMSDK_UART_RX_IRQ = 33, CMSDK_UART_CLOCK_HZ = 25000000, CMSDK_UART_BAUD = 115200 };

#include "cmsdk_uart.h"

#define COUNTER_CNTCR REG32(0x58100000u)
#define COUNTER_CNTCV_LOW REG32(0x58100008u)
#define COUNTER_CNTSCR REG32(0x58100010u)
#define CNTCR_ENABLE 1u
#define CNTCR_SCALE 4u

#define COUNTER_HZ UINT64_C(32000000)
#define INSTRUCTIONS_HZ UINT64_C(1000000000)

void port_init(void) {
  COUNTER_CNTCR = 0; /* the scale may be written only while the counter stands still */
  COUNTER_CNTSCR = (uint32_t)((INSTRUCTIONS_HZ << 24) / COUNTER_HZ);
  COUNTER_CNTCR = CNTCR_ENABLE | CNTCR_SCALE;
  cmsdk_uart_init();
}

/* The low half of 64 bits: it wraps at 2^32. */
uint32_t port_ticks(void) { return COUNTER_CNTCV_LOW; }
