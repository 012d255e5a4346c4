/* port.h for SiFive's FE310 as QEMU's `sifive_e` has it: UART 0, received by interrupt; instructions from
 * minstret. Registers: SiFive FE310-G002 manual, chapter 18 (UART); the pins of its UART and its clock are
 * not set: QEMU has neither. */
#include <stdbool.h>
#include <stdint.h>

#define UART_TXDATA (*(volatile uint32_t *)0x10013000u)
#define UART_TXDATA_FULL (1u << 31)
#define UART_RXDATA (*(volatile uint32_t *)0x10013004u)
#define UART_RXDATA_EMPTY (1u << 31)
#define UART_TXCTRL (*(volatile uint32_t *)0x10013008u)
#define UART_RXCTRL (*(volatile uint32_t *)0x1001300Cu)
#define UART_IE (*(volatile uint32_t *)0x10013010u)
#define UART_IE_RX 2u
enum { UART_IRQ = 3 };

/* Reading RXDATA takes the byte; it is kept here until it is asked for. */
static uint32_t rxdata = UART_RXDATA_EMPTY;

static bool uart_has_byte(void) {
  if (rxdata & UART_RXDATA_EMPTY) rxdata = UART_RXDATA;
  return (rxdata & UART_RXDATA_EMPTY) == 0;
}

static uint8_t uart_take(void) {
  const uint8_t byte = (uint8_t)rxdata;
  rxdata = UART_RXDATA_EMPTY;
  return byte;
}

static void uart_put(uint8_t byte) {
  while (UART_TXDATA & UART_TXDATA_FULL) {
  }
  UART_TXDATA = byte;
}

#include "plic_uart.h"

void port_init(void) {
  UART_TXCTRL = 1;
  UART_RXCTRL = 1; /* and a watermark of 0: each byte is told */
  UART_IE = UART_IE_RX;
  plic_uart_init();
}
