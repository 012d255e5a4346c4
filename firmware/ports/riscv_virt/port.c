/* port.h for QEMU's RISC-V machine `virt`: its 16550 UART, received by interrupt; instructions from minstret.
 * Registers: National Semiconductor PC16550D; addresses and interrupts: QEMU, hw/riscv/virt.c. */
#include <stdbool.h>
#include <stdint.h>

#define UART ((volatile uint8_t *)0x10000000u)
enum { UART_DATA = 0, UART_IER = 1, UART_FCR = 2, UART_LCR = 3, UART_LSR = 5 };
enum { UART_IRQ = 10, IER_RECEIVED = 1, FCR_FIFO = 1, LCR_8N1 = 3, LSR_HAS_BYTE = 1, LSR_TX_EMPTY = 0x20 };

static bool uart_has_byte(void) { return (UART[UART_LSR] & LSR_HAS_BYTE) != 0; }

static uint8_t uart_take(void) { return UART[UART_DATA]; }

static void uart_put(uint8_t byte) {
  while ((UART[UART_LSR] & LSR_TX_EMPTY) == 0) {
  }
  UART[UART_DATA] = byte;
}

#include "plic_uart.h"

void port_init(void) {
  UART[UART_LCR] = LCR_8N1;
  UART[UART_FCR] = FCR_FIFO;
  UART[UART_IER] = IER_RECEIVED;
  plic_uart_init();
}
