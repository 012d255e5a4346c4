/* cmsdk_uart.h: the half of port.h that every board with Arm's CMSDK UART shares; receives by interrupt.
 *
 * A port's one source names its UART and then includes this:
 *
 *   #define CMSDK_UART 0x40004000u                       its address
 *   enum { CMSDK_UART_RX_IRQ = 0,                        its receive interrupt
 *          CMSDK_UART_CLOCK_HZ = 25000000, CMSDK_UART_BAUD = 115200 };
 *   what instructions.h asks for
 *   #include "cmsdk_uart.h"
 *
 * It brings port_info(), port_read(), port_wait(), port_write(), port_ticks(), the table of interrupts, and
 * cmsdk_uart_init() and instructions_init() for the port's port_init(), in this order. Registers: Arm CMSDK
 * technical reference manual (DDI 0479), 4.3.
 */
#ifndef TINYML_CMSDK_UART_H
#define TINYML_CMSDK_UART_H

#include "build_info.h"
#include "cortexm.h"
#include "instructions.h"
#include "port.h"
#include "ring.h"

#define REG32(address) (*(volatile uint32_t *)(address))

#define UART_DATA REG32(CMSDK_UART)
#define UART_STATE REG32(CMSDK_UART + 0x04u)
#define UART_CTRL REG32(CMSDK_UART + 0x08u)
#define UART_INTCLEAR REG32(CMSDK_UART + 0x0Cu)
#define UART_BAUDDIV REG32(CMSDK_UART + 0x10u)
#define UART_STATE_TX_FULL 1u
#define UART_STATE_RX_FULL 2u
#define UART_CTRL_TX 1u
#define UART_CTRL_RX 2u
#define UART_CTRL_RX_INTERRUPT 8u
#define UART_INT_RX 2u

static ring_t received;

static void serve_uart(void) {
  interrupt_begins();
  UART_INTCLEAR = UART_INT_RX;
  while (UART_STATE & UART_STATE_RX_FULL) ring_put(&received, (uint8_t)UART_DATA);
  interrupt_ends();
}

CORTEXM_INTERRUPTS = {[CMSDK_UART_RX_IRQ] = serve_uart};

static void cmsdk_uart_init(void) {
  UART_BAUDDIV = CMSDK_UART_CLOCK_HZ / CMSDK_UART_BAUD;
  UART_CTRL = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_RX_INTERRUPT;
  cortexm_enable_interrupt(CMSDK_UART_RX_IRQ);
}

const port_info_t *port_info(void) {
  static const port_info_t info = {tinyml_build_board, PORT_TICKS_INSTRUCTIONS, RING_BYTES};
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
    while (UART_STATE & UART_STATE_TX_FULL) {
    }
    UART_DATA = *data++;
  }
}

#endif
