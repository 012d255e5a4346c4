/* plic_uart.h: the half of port.h that the RISC-V ports share whose UART is behind SiFive's interrupt
 * controller.
 *
 * A port's one source says before it includes this:
 *
 *   enum { UART_IRQ = 10 };               of the controller
 *   static bool uart_has_byte(void);      one has come
 *   static uint8_t uart_take(void);       takes it
 *   static void uart_put(uint8_t byte);   sends one, waiting as long as there is no room
 *
 * It brings port_info(), port_read(), port_wait(), port_write(), and plic_uart_init() for the port's
 * port_init(). Registers: SiFive FE310-G002 manual, chapter 10; QEMU's `virt` has the same controller.
 */
#ifndef TINYML_PLIC_UART_H
#define TINYML_PLIC_UART_H

#include <stdbool.h>
#include <stdint.h>

#include "build_info.h"
#include "memory.h"
#include "port.h"
/* The board's RAM decides how much of it waits for bytes. */
#define RING_BYTES (PORT_RAM_BYTES < 8192 ? 128 : 1024)
#include "ring.h"
#include "riscv.h"

#define PLIC_PRIORITY(irq) (*(volatile uint32_t *)(0x0C000000u + 4u * (irq)))
#define PLIC_ENABLE                                                                       \
  (*(volatile uint32_t *)(0x0C002000u + 4u * (UART_IRQ / 32u))) /* machine mode of hart 0 \
                                                                 */
#define PLIC_THRESHOLD (*(volatile uint32_t *)0x0C200000u)
#define PLIC_CLAIM (*(volatile uint32_t *)0x0C200004u)

static ring_t received;

void riscv_external_interrupt(void) {
  const uint32_t irq = PLIC_CLAIM;
  while (uart_has_byte()) ring_put(&received, uart_take());
  if (irq) PLIC_CLAIM = irq;
}

static void plic_uart_init(void) {
  PLIC_PRIORITY(UART_IRQ) = 1;
  PLIC_THRESHOLD = 0;
  PLIC_ENABLE = 1u << (UART_IRQ % 32u);
  RISCV_SET(mie, RISCV_MIE_EXTERNAL);
  riscv_ticks_init();
}

const port_info_t *port_info(void) {
  static const port_info_t info = {tinyml_build_board, PORT_TICKS_INSTRUCTIONS, RING_BYTES};
  return &info;
}

size_t port_read(uint8_t *data, size_t capacity) { return ring_read(&received, data, capacity); }

void port_wait(void) {
  /* Masked, a byte that comes between the question and the sleep still ends the sleep. */
  riscv_mask_interrupts();
  if (ring_size(&received) == 0) riscv_wait_for_interrupt();
  riscv_unmask_interrupts();
}

void port_write(const uint8_t *data, size_t size) {
  for (; size; --size) uart_put(*data++);
}

#endif
