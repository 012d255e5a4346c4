/* port.h for QEMU's mps2-an386: CMSDK UART 0, received by interrupt; instructions counted by CMSDK timer 0.
 *
 * QEMU must run with -icount shift=0: one instruction is then one nanosecond of virtual time, and the timer's
 * 25 MHz are 40 instructions a tick. Registers: Arm CMSDK technical reference manual (DDI 0479), 4.1 and 4.3;
 * addresses and interrupts: application note AN386.
 */
#include "port.h"

#include "build_info.h"
#include "cortexm.h"
#include "ring.h"

#define REG32(address) (*(volatile uint32_t *)(address))

#define TIMER0_CTRL REG32(0x40000000u)
#define TIMER0_VALUE REG32(0x40000004u)
#define TIMER0_RELOAD REG32(0x40000008u)
#define TIMER_CTRL_ENABLE 1u

#define UART0_DATA REG32(0x40004000u)
#define UART0_STATE REG32(0x40004004u)
#define UART0_CTRL REG32(0x40004008u)
#define UART0_INTCLEAR REG32(0x4000400Cu)
#define UART0_BAUDDIV REG32(0x40004010u)
#define UART_STATE_TX_FULL 1u
#define UART_STATE_RX_FULL 2u
#define UART_CTRL_TX 1u
#define UART_CTRL_RX 2u
#define UART_CTRL_RX_INTERRUPT 8u
#define UART_INT_RX 2u

enum { UART0_RX_IRQ = 0, CLOCK_HZ = 25000000, BAUD = 115200, INSTRUCTIONS_PER_TICK = 40 };

static ring_t received;

static void serve_uart(void) {
  UART0_INTCLEAR = UART_INT_RX;
  while (UART0_STATE & UART_STATE_RX_FULL) ring_put(&received, (uint8_t)UART0_DATA);
}

CORTEXM_INTERRUPTS = {[UART0_RX_IRQ] = serve_uart};

void port_init(void) {
  TIMER0_RELOAD = 0xFFFFFFFFu;
  TIMER0_VALUE = 0xFFFFFFFFu;
  TIMER0_CTRL = TIMER_CTRL_ENABLE;
  UART0_BAUDDIV = CLOCK_HZ / BAUD;
  UART0_CTRL = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_RX_INTERRUPT;
  cortexm_enable_interrupt(UART0_RX_IRQ);
}

const port_info_t *port_info(void) {
  static const port_info_t info = {build_board, PORT_TICKS_INSTRUCTIONS, RING_BYTES};
  return &info;
}

size_t port_read(uint8_t *data, size_t capacity) { return ring_read(&received, data, capacity); }

void port_wait(void) {
  /* Masked, a byte that comes between the question and the sleep still ends the sleep. */
  cortexm_mask_interrupts();
  if (ring_size(&received) == 0) cortexm_wait_for_interrupt();
  cortexm_unmask_interrupts();
}

void port_write(const uint8_t *data, size_t size) {
  for (; size; --size) {
    while (UART0_STATE & UART_STATE_TX_FULL) {
    }
    UART0_DATA = *data++;
  }
}

/* The timer counts down through all 32 bits, so that the product wraps at 2^32 as well. */
uint32_t port_ticks(void) { return (0xFFFFFFFFu - TIMER0_VALUE) * INSTRUCTIONS_PER_TICK; }
