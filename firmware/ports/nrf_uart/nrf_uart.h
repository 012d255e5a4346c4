/* nrf_uart.h: the half of port.h that the chips with Nordic's UART share; receives by interrupt.
 *
 * A port's one source says before it includes this:
 *
 *   enum { NRF_UART_TX_PIN = 24, NRF_UART_RX_PIN = 25 };   32 * port + pin
 *   interrupt_begins() and interrupt_ends(), of instructions.h or empty
 *
 * It brings port_read(), port_wait(), port_write(), the table of interrupts, and nrf_uart_init() for the
 * port's port_init(). Registers: nRF51 series reference manual v3.0, chapter 29; nRF52833 product
 * specification 1.5, 6.33 (UART, the one without DMA): they are the same at the same addresses.
 */
#ifndef TINYML_NRF_UART_H
#define TINYML_NRF_UART_H

#include <stdint.h>

#include "cortexm.h"
#include "port.h"
#include "ring.h"

#define REG32(address) (*(volatile uint32_t *)(address))

#define UART_STARTRX REG32(0x40002000u)
#define UART_STARTTX REG32(0x40002008u)
#define UART_RXDRDY REG32(0x40002108u)
#define UART_TXDRDY REG32(0x4000211Cu)
#define UART_INTENSET REG32(0x40002304u)
#define UART_INT_RXDRDY (1u << 2)
#define UART_ENABLE REG32(0x40002500u)
#define UART_ENABLED 4u
#define UART_PSELTXD REG32(0x4000250Cu)
#define UART_PSELRXD REG32(0x40002514u)
#define UART_RXD REG32(0x40002518u)
#define UART_TXD REG32(0x4000251Cu)
#define UART_BAUDRATE REG32(0x40002524u)
#define UART_115200_BAUD 0x01D7E000u

enum { UART0_IRQ = 2 };

static ring_t received;

static void serve_uart(void) {
  interrupt_begins();
  /* Each read of RXD takes one byte out of the FIFO of six, and raises RXDRDY again if there is another. */
  while (UART_RXDRDY) {
    UART_RXDRDY = 0;
    ring_put(&received, (uint8_t)UART_RXD);
  }
  interrupt_ends();
}

CORTEXM_INTERRUPTS = {[UART0_IRQ] = serve_uart};

static void nrf_uart_init(void) {
  UART_PSELTXD = NRF_UART_TX_PIN;
  UART_PSELRXD = NRF_UART_RX_PIN;
  UART_BAUDRATE = UART_115200_BAUD;
  UART_ENABLE = UART_ENABLED;
  UART_INTENSET = UART_INT_RXDRDY;
  UART_STARTTX = 1;
  UART_STARTRX = 1;
  cortexm_enable_interrupt(UART0_IRQ);
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
    UART_TXDRDY = 0;
    UART_TXD = *data++;
    while (!UART_TXDRDY) {
    }
  }
}

#endif
